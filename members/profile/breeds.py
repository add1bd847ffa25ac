"""Breeds that are offered while one types; any other word is as welcome. A leaf."""

from typing import NamedTuple

from django.utils.translation import get_language


class Breed(NamedTuple):
    """A breed's name in both languages."""

    zh: str
    en: str


BREEDS: dict[str, tuple[Breed, ...]] = {
    "cat": (
        Breed("中华田园猫", "Chinese domestic cat"),
        Breed("英国短毛猫", "British Shorthair"),
        Breed("美国短毛猫", "American Shorthair"),
        Breed("布偶猫", "Ragdoll"),
        Breed("暹罗猫", "Siamese"),
        Breed("波斯猫", "Persian"),
        Breed("缅因猫", "Maine Coon"),
        Breed("金吉拉", "Chinchilla Persian"),
        Breed("异国短毛猫（加菲猫）", "Exotic Shorthair"),
        Breed("苏格兰折耳猫", "Scottish Fold"),
        Breed("德文卷毛猫", "Devon Rex"),
        Breed("斯芬克斯无毛猫", "Sphynx"),
        Breed("孟加拉豹猫", "Bengal"),
        Breed("俄罗斯蓝猫", "Russian Blue"),
        Breed("挪威森林猫", "Norwegian Forest Cat"),
        Breed("西伯利亚猫", "Siberian"),
        Breed("阿比西尼亚猫", "Abyssinian"),
        Breed("曼基康矮脚猫", "Munchkin"),
        Breed("伯曼猫", "Birman"),
        Breed("拿破仑矮脚猫", "Napoleon"),
    ),
    "dog": (
        Breed("中华田园犬", "Chinese rural dog"),
        Breed("泰迪（贵宾犬）", "Poodle"),
        Breed("柯基", "Welsh Corgi"),
        Breed("比熊", "Bichon Frise"),
        Breed("柴犬", "Shiba Inu"),
        Breed("金毛寻回犬", "Golden Retriever"),
        Breed("拉布拉多", "Labrador Retriever"),
        Breed("哈士奇", "Siberian Husky"),
        Breed("萨摩耶", "Samoyed"),
        Breed("边境牧羊犬", "Border Collie"),
        Breed("博美", "Pomeranian"),
        Breed("法国斗牛犬", "French Bulldog"),
        Breed("雪纳瑞", "Schnauzer"),
        Breed("约克夏", "Yorkshire Terrier"),
        Breed("吉娃娃", "Chihuahua"),
        Breed("巴哥", "Pug"),
        Breed("德国牧羊犬", "German Shepherd"),
        Breed("阿拉斯加雪橇犬", "Alaskan Malamute"),
        Breed("腊肠犬", "Dachshund"),
        Breed("比格犬", "Beagle"),
        Breed("马尔济斯", "Maltese"),
        Breed("北京犬", "Pekingese"),
    ),
}


def suggestions() -> list[str]:
    """Every breed's name in the reader's language, cats before dogs."""
    is_chinese = (get_language() or "").startswith("zh")
    return [breed.zh if is_chinese else breed.en for breeds in BREEDS.values() for breed in breeds]
