"""Words that the synthetic city's names are made of. All are invented combinations; no real subject is meant."""

from random import Random

SURNAMES = tuple(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁沈任姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严洪庄"
)
GIVEN = tuple(
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉萍红梅鑫波斌宇浩凯健俊帆雪琳晨阳佳欣怡婷思雨泽文博子涵梓轩志国建辉海燕晓东春兰庆德福贵荣光永安"
)
TRADE_WORDS = tuple(
    "鹭海金银恒盛华兴泰安顺达宏远丰裕嘉禾同德信诚汇通瑞祥永益康宁锦绣东方新源天成百川立明中和广润鼎晟启航卓越"
)
DISTRICTS = {
    "350203": "思明",
    "350205": "海沧",
    "350206": "湖里",
    "350211": "集美",
    "350212": "同安",
    "350213": "翔安",
    "350102": "鼓楼",
    "350502": "鲤城",
    "350602": "芗城",
}
"""Regions (GB/T 2260) and the short names of their districts; the first six are Xiamen's."""
INDUSTRIES = {
    "F5191": "贸易",
    "E4710": "建筑工程",
    "I6513": "软件科技",
    "G5431": "物流",
    "C1391": "食品",
    "K7020": "物业管理",
    "L7299": "企业服务",
    "C3972": "电子",
    "H6110": "酒店管理",
    "A0412": "水产养殖",
    "M7512": "环保技术",
    "F5281": "汽车服务",
}
"""Industry codes (GB/T 4754) and the words for them in a name."""
SHOPS = ("小吃店", "便利店", "服装店", "理发店", "茶叶店", "水果店", "五金店", "海鲜馆", "文具店", "维修部")


def trade_name(chance: Random) -> str:
    """Two to four characters that a firm calls itself by."""
    return "".join(chance.choice(TRADE_WORDS) for _ in range(2 + int(chance.random() * 3)))


def person_name(chance: Random) -> str:
    """A surname and one or two more characters."""
    given = chance.choice(GIVEN) + (chance.choice(GIVEN) if chance.random() < 0.7 else "")
    return chance.choice(SURNAMES) + given


def organisation_name(kind: str, region: str, industry: str, chance: Random) -> str:
    """A name that goes with the kind, for example 厦门思明鹭海贸易有限公司."""
    city, trade = "厦门" if region.startswith("3502") else "福建", trade_name(chance)
    district, branch = DISTRICTS[region], INDUSTRIES[industry]
    match kind:
        case "individual_business":
            return f"{city}市{district}区{trade}{chance.choice(SHOPS)}"
        case "farmers_cooperative":
            return f"{city}{district}{trade}农民专业合作社"
        case "social_organisation":
            return f"{city}市{district}区{trade}{branch}行业协会"
        case "public_institution":
            return f"{city}市{district}区{trade}服务中心"
        case "government":
            return f"{city}市{district}区{trade}街道办事处"
        case _:
            return f"{city}{trade}{branch}{'股份' if chance.random() < 0.05 else ''}有限公司"
