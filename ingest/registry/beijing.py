"""Places of Beijing for the demonstration: real districts, real neighbourhoods, positions to about 300 m.

Enters: nothing. Leaves: `DISTRICTS`, the busiest first. Never: a claim that a union's station stands there.
"""

from typing import Final, NamedTuple


class Place(NamedTuple):
    """A neighbourhood; position in WGS-84 degrees."""

    name: str
    name_en: str
    lat: float
    lon: float
    road: str


class District(NamedTuple):
    """One of Beijing's districts; `slug` stands in the demonstration's station ids."""

    code: str
    name: str
    slug: str
    places: tuple[Place, ...]


DISTRICTS: Final = (
    District(
        "110105",
        "朝阳区",
        "chaoyang",
        (
            Place("三里屯", "Sanlitun", 39.9371, 116.4548, "三里屯路"),
            Place("国贸", "Guomao", 39.9089, 116.4602, "建国路"),
            Place("望京", "Wangjing", 39.9965, 116.4702, "阜通东大街"),
            Place("双井", "Shuangjing", 39.8936, 116.4618, "广渠路"),
            Place("酒仙桥", "Jiuxianqiao", 39.9718, 116.4903, "酒仙桥路"),
            Place("常营", "Changying", 39.9252, 116.6001, "朝阳北路"),
            Place("亚运村", "Yayuncun", 39.9889, 116.4082, "北辰东路"),
            Place("十八里店", "Shibalidian", 39.8441, 116.4772, "十八里店南桥西侧路"),
        ),
    ),
    District(
        "110108",
        "海淀区",
        "haidian",
        (
            Place("中关村", "Zhongguancun", 39.9839, 116.3161, "中关村大街"),
            Place("五道口", "Wudaokou", 39.9928, 116.3379, "成府路"),
            Place("公主坟", "Gongzhufen", 39.9074, 116.3102, "复兴路"),
            Place("上地", "Shangdi", 40.0331, 116.3203, "信息路"),
            Place("西二旗", "Xi'erqi", 40.0532, 116.3058, "西二旗大街"),
            Place("魏公村", "Weigongcun", 39.9576, 116.3229, "中关村南大街"),
            Place("四季青", "Sijiqing", 39.9561, 116.2763, "远大路"),
        ),
    ),
    District(
        "110106",
        "丰台区",
        "fengtai",
        (
            Place("丽泽", "Lize", 39.8652, 116.3279, "丽泽路"),
            Place("方庄", "Fangzhuang", 39.8641, 116.4352, "蒲芳路"),
            Place("草桥", "Caoqiao", 39.8456, 116.3531, "草桥东路"),
            Place("木樨园", "Muxiyuan", 39.8568, 116.3992, "南苑路"),
            Place("丰台科技园", "Fengtai Science Park", 39.8249, 116.2971, "科学城星火路"),
        ),
    ),
    District(
        "110101",
        "东城区",
        "dongcheng",
        (
            Place("王府井", "Wangfujing", 39.9088, 116.4113, "王府井大街"),
            Place("东直门", "Dongzhimen", 39.9406, 116.4284, "东直门内大街"),
            Place("崇文门", "Chongwenmen", 39.9011, 116.4176, "崇文门外大街"),
            Place("和平里", "Hepingli", 39.9584, 116.4181, "和平里东街"),
            Place("天坛东门", "Temple of Heaven East Gate", 39.8826, 116.4208, "天坛东路"),
        ),
    ),
    District(
        "110102",
        "西城区",
        "xicheng",
        (
            Place("西单", "Xidan", 39.9076, 116.3738, "西单北大街"),
            Place("金融街", "Financial Street", 39.9151, 116.3602, "金融大街"),
            Place("德胜门", "Deshengmen", 39.9486, 116.3789, "德胜门外大街"),
            Place("牛街", "Niujie", 39.8851, 116.3641, "牛街"),
            Place("白纸坊", "Baizhifang", 39.8789, 116.3502, "白纸坊西街"),
        ),
    ),
    District(
        "110112",
        "通州区",
        "tongzhou",
        (
            Place("通州北苑", "Tongzhou Beiyuan", 39.9029, 116.6388, "新华西街"),
            Place("梨园", "Liyuan", 39.8821, 116.6691, "云景东路"),
            Place("宋庄", "Songzhuang", 39.9481, 116.7132, "徐宋路"),
            Place("马驹桥", "Majuqiao", 39.7642, 116.5523, "兴华大街"),
        ),
    ),
    District(
        "110114",
        "昌平区",
        "changping",
        (
            Place("回龙观", "Huilongguan", 40.0731, 116.3342, "回龙观西大街"),
            Place("天通苑", "Tiantongyuan", 40.0702, 116.4131, "立汤路"),
            Place("沙河", "Shahe", 40.1479, 116.2891, "沙阳路"),
            Place("昌平城北", "Changping Town", 40.2209, 116.2312, "鼓楼西街"),
            Place("南口", "Nankou", 40.2418, 116.1339, "南口镇南大街"),
        ),
    ),
    District(
        "110115",
        "大兴区",
        "daxing",
        (
            Place("黄村", "Huangcun", 39.7312, 116.3331, "兴华大街"),
            Place("亦庄", "Yizhuang", 39.7951, 116.5002, "荣华中路"),
            Place("西红门", "Xihongmen", 39.7892, 116.3288, "欣旺大街"),
            Place("天宫院", "Tiangongyuan", 39.6691, 116.3198, "新源大街"),
        ),
    ),
    District(
        "110113",
        "顺义区",
        "shunyi",
        (
            Place("仁和", "Renhe", 40.1262, 116.6541, "府前街"),
            Place("后沙峪", "Houshayu", 40.1088, 116.5479, "裕民大街"),
            Place("石门", "Shimen", 40.1289, 116.6428, "顺安路"),
            Place("杨镇", "Yangzhen", 40.1481, 116.8221, "杨镇顺平路"),
        ),
    ),
    District(
        "110107",
        "石景山区",
        "shijingshan",
        (
            Place("苹果园", "Pingguoyuan", 39.9261, 116.1772, "苹果园南路"),
            Place("八角", "Bajiao", 39.9072, 116.2131, "八角西街"),
            Place("鲁谷", "Lugu", 39.9009, 116.2329, "鲁谷路"),
            Place("古城", "Gucheng", 39.9071, 116.1902, "古城大街"),
        ),
    ),
    District(
        "110111",
        "房山区",
        "fangshan",
        (
            Place("良乡", "Liangxiang", 39.7351, 116.1402, "拱辰大街"),
            Place("长阳", "Changyang", 39.7632, 116.2129, "长阳路"),
            Place("燕山", "Yanshan", 39.7309, 115.9551, "燕山岗南路"),
        ),
    ),
    District(
        "110109",
        "门头沟区",
        "mentougou",
        (
            Place("大峪", "Dayu", 39.9391, 116.1058, "新桥大街"),
            Place("永定", "Yongding", 39.9051, 116.1062, "石龙路"),
        ),
    ),
    District(
        "110116",
        "怀柔区",
        "huairou",
        (
            Place("龙山", "Longshan", 40.3169, 116.6371, "青春路"),
            Place("雁栖", "Yanqi", 40.3588, 116.6702, "雁栖大街"),
        ),
    ),
    District(
        "110117",
        "平谷区",
        "pinggu",
        (
            Place("平谷城区", "Pinggu Town", 40.1408, 117.1121, "府前街"),
            Place("马坊", "Mafang", 40.0482, 117.0041, "马坊镇金平西路"),
        ),
    ),
    District(
        "110118",
        "密云区",
        "miyun",
        (
            Place("密云鼓楼", "Miyun Gulou", 40.3768, 116.8431, "鼓楼东大街"),
            Place("溪翁庄", "Xiwengzhuang", 40.4521, 116.8559, "溪翁庄镇中心街"),
        ),
    ),
    District(
        "110119",
        "延庆区",
        "yanqing",
        (
            Place("延庆儒林", "Yanqing Rulin", 40.4622, 115.9701, "妫水北街"),
            Place("八达岭", "Badaling", 40.3561, 116.0052, "八达岭镇京藏辅路"),
        ),
    ),
)
