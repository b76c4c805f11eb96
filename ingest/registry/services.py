"""The vocabulary of services that a station may offer: code, Chinese, English.

Enters: nothing. Leaves: `SERVICES` in the order in which people are shown them. Never: which station offers what.
"""

from typing import Final, NamedTuple


class Service(NamedTuple):
    """One service; `code` is what files, the API and the database carry."""

    code: str
    zh: str
    en: str


SERVICES: Final[dict[str, Service]] = {
    service.code: service
    for service in (
        Service("rest", "休息", "Place to rest"),
        Service("toilet", "卫生间", "Toilet"),
        Service("water", "饮用水", "Drinking water"),
        Service("meal_heating", "热饭", "Meal heating"),
        Service("phone_charging", "手机充电", "Phone charging"),
        Service("reading", "阅读", "Books and newspapers"),
        Service("battery_swap", "电动自行车换电", "E-bike battery swap"),
        Service("medicine", "应急药品", "First-aid medicine"),
        Service("aed", "自动体外除颤器（AED）", "Defibrillator (AED)"),
        Service("meal_discount", "优惠用餐", "Discounted meals"),
        Service("legal_advice", "法律咨询", "Legal advice"),
        Service("volunteer", "志愿服务", "Volunteer services"),
        Service("haircut", "理发", "Haircuts"),
        Service("donation_shelf", "爱心捐赠架", "Donation shelf"),
        Service("shower", "淋浴", "Shower"),
        Service("aircon", "空调", "Air conditioning"),
        Service("wifi", "无线网络", "Wi-Fi"),
    )
}
