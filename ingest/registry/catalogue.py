"""The medicine catalogue that the platform ships with; an operator replaces it by a CSV file (articles_csv.py).

Enters: nothing. Leaves: `DEFAULT_CATALOGUE`. Never: a dose or an indication: a station's leaflet says those.
The kit, its par and its minimum are this project's own choice for a station of about 20 seats, and no standard's.
"""

from typing import Final

from ingest.model import Article

ESSENTIAL: Final = True
HEAT: Final = True

DEFAULT_CATALOGUE: Final[tuple[Article, ...]] = (
    # Heat
    Article("hxzq-10ml", "藿香正气水", "Huoxiang Zhengqi liquid", "支 / vial", 20, 6, ESSENTIAL, HEAT),
    Article("qingliangyou-3g", "清凉油", "Cooling balm", "盒 / tin", 10, 3, ESSENTIAL, HEAT),
    Article("ice-pack", "一次性冰袋", "Instant cold pack", "袋 / pack", 6, 2, ESSENTIAL, HEAT),
    Article("rendan-60", "人丹", "Rendan pills", "盒 / box", 10, 3, not ESSENTIAL, HEAT),
    Article("shidishui-5ml", "十滴水", "Shidishui tincture", "支 / vial", 10, 3, not ESSENTIAL, HEAT),
    Article("fengyoujing-3ml", "风油精", "Medicated oil", "瓶 / bottle", 6, 2, not ESSENTIAL, HEAT),
    Article("ors-sachet", "口服补液盐", "Oral rehydration salts", "袋 / sachet", 12, 4, not ESSENTIAL, HEAT),
    Article("cooling-patch", "退热贴", "Cooling patch", "片 / patch", 12, 4, not ESSENTIAL, HEAT),
    # Heart
    Article("jiuxin-40", "速效救心丸", "Suxiao Jiuxin pills", "瓶 / bottle", 2, 1, ESSENTIAL),
    # Wounds
    Article("bandage-strip", "创可贴", "Adhesive bandage", "片 / piece", 50, 15, ESSENTIAL),
    Article("iodine-swab", "碘伏棉签", "Povidone-iodine swab", "支 / swab", 30, 10, ESSENTIAL),
    Article("gauze-pad", "医用纱布块", "Sterile gauze pad", "片 / pad", 10, 3, ESSENTIAL),
    Article("alcohol-wipe", "酒精棉片", "Alcohol wipe", "片 / wipe", 50, 15, not ESSENTIAL),
    Article("elastic-bandage", "弹性绷带", "Elastic bandage", "卷 / roll", 6, 2, not ESSENTIAL),
    Article("surgical-tape", "医用胶带", "Surgical tape", "卷 / roll", 4, 1, not ESSENTIAL),
    Article("triangular-bandage", "三角巾", "Triangular bandage", "条 / piece", 4, 1, not ESSENTIAL),
    Article("tourniquet", "止血带", "Tourniquet", "条 / piece", 2, 1, not ESSENTIAL),
    Article("saline-20ml", "生理盐水", "Saline for rinsing", "支 / vial", 10, 3, not ESSENTIAL),
    Article("burn-ointment-20g", "烫伤膏", "Burn ointment", "支 / tube", 3, 1, not ESSENTIAL),
    # Sprains and bites
    Article("baiyao-aerosol-85g", "云南白药气雾剂", "Yunnan Baiyao aerosol", "瓶 / can", 3, 1, not ESSENTIAL),
    Article("pain-plaster", "膏药贴", "Pain-relief plaster", "贴 / plaster", 16, 4, not ESSENTIAL),
    Article("hualushui-195ml", "花露水", "Floral water for insect bites", "瓶 / bottle", 2, 1, not ESSENTIAL),
    # Stomach and cold
    Article("smectite-3g", "蒙脱石散", "Smectite powder", "袋 / sachet", 10, 3, not ESSENTIAL),
    Article("ganmaoling-10g", "感冒灵颗粒", "Cold-relief granules", "袋 / sachet", 9, 3, not ESSENTIAL),
    # Cold weather
    Article("chilblain-ointment-30g", "冻疮膏", "Chilblain ointment", "支 / tube", 3, 1, not ESSENTIAL),
    Article("heat-patch", "暖贴", "Heat patch", "片 / patch", 20, 6, not ESSENTIAL),
    # Tools
    Article("thermometer", "电子体温计", "Digital thermometer", "支 / piece", 1, 1, not ESSENTIAL),
    Article("medical-mask", "医用口罩", "Medical mask", "只 / mask", 50, 15, not ESSENTIAL),
    Article("glove-pair", "一次性手套", "Disposable gloves", "双 / pair", 20, 6, not ESSENTIAL),
    Article("scissors", "医用剪刀", "Bandage scissors", "把 / piece", 1, 1, not ESSENTIAL),
)
