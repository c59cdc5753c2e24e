"""What the shop sells: eleven categories, two or three kinds of goods in each."""

from __future__ import annotations

from typing import NamedTuple

COLORS = "black|white|navy|olive|teal|grey|mustard|burgundy"
SIZES = "small|medium|large|x-large|xx-large"


class Kind(NamedTuple):
    """A kind of goods.

    Attributes:
        category: one of the eleven.
        query: what customers call it, in the plural.
        path: its place in the catalogue.
        nouns: the words for it in a title.
        attributes: what such a thing can be like, and for some the customers' own words for it.
        options: what can be chosen, by name.
        low, high: the range of prices, in dollars.
        accessory: something for it, that comes up in the same searches.
    """

    category: str
    query: str
    path: str
    nouns: tuple[str, ...]
    attributes: dict[str, str]
    options: dict[str, tuple[str, ...]]
    low: int
    high: int
    accessory: str


def _kind(
    category: str, query: str, path: str, attributes: str, options: str, prices: str, accessory: str
) -> Kind:
    words = [part.partition("=") for part in attributes.split(", ")]
    low, _, high = prices.partition(" to ")
    chosen = (part.partition(": ") for part in options.split("; "))
    nouns = path.rpartition(" › ")[2].lower().split()
    return Kind(
        category,
        query,
        path,
        tuple(nouns),
        {attribute: told or attribute for attribute, _, told in words},
        {name: tuple(values.split("|")) for name, _, values in chosen},
        int(low),
        int(high),
        accessory,
    )


# fmt: off
KINDS: tuple[Kind, ...] = (
    _kind("clothing", "rain jackets", "Clothing › Outerwear › Rain Jacket",
          "water resistant=keeps me dry in the rain, taped seams=no leaks where it is sewn, "
          "machine wash, packable hood=a hood that stows away, light weight, two way zip=opens "
          "from the bottom too, recycled fabric=made from used bottles, pit vents=air under "
          "the arms, fleece collar",
          f"color: {COLORS}; size: {SIZES}",
          "28 to 140", "Wash-In Proofing Spray"),
    _kind("clothing", "running socks", "Clothing › Hosiery › Running Socks",
          "merino wool, arch support=holds up the middle of my foot, quick dry=not damp for "
          "long, seamless toe=nothing that rubs at the front, moisture wicking=keeps sweat "
          "away, mesh top, cushioned heel, odor control=does not smell after a run, reflective "
          "band=to be seen in the dark",
          f"color: {COLORS}; size: small|medium|large; pack: 1 pair|3 pairs|6 pairs",
          "7 to 48", "Mending Yarn Kit"),
    _kind("clothing", "linen shirts", "Clothing › Tops › Linen Shirt",
          "button down=with a row of fasteners, long sleeve, chest pocket=somewhere to put a "
          "pen, relaxed fit=not tight on me, pre washed=will not shrink, wrinkle "
          "resistant=needs no ironing, band collar, breathable weave=good for hot days, shell "
          "buttons",
          f"color: {COLORS}; size: {SIZES}",
          "24 to 110", "Collar Stiffener Set"),
    _kind("shoes", "canvas sneakers", "Shoes › Casual › Canvas Sneakers",
          "rubber sole, memory foam, slip resistant=safe on wet floors, vegan glue=no animal "
          "in what holds it together, wide toe=room at the front, lace up, day comfort, "
          "removable insole=takes my own footbeds, reinforced heel=does not wear through at "
          "the back",
          f"color: {COLORS}; size: 6|7|8|9|10|11|12",
          "22 to 95", "Whitening Cleaner"),
    _kind("shoes", "hiking boots", "Shoes › Outdoor › Hiking Boots",
          "ankle support=so that i do not twist my foot, water proof, vibram outsole, gusseted "
          "tongue=keeps out grit, suede upper, steel shank, speed lacing=on in a second, wool "
          "lining=warm in winter, toe guard=protected when i kick a rock",
          "color: black|olive|grey|navy|burgundy; size: 6|7|8|9|10|11|12; width: "
          "narrow|regular|wide",
          "55 to 240", "Spare Laces"),
    _kind("lighting", "desk lamps", "Home › Lighting › Desk Lamp",
          "dimmable light=can be turned down, usb port=charges my phone, touch control, "
          "flicker free=easy on the eyes, steel arm, memory function=remembers how i left it, "
          "energy saving=cheap to run, swivel head, clamp base=can be fixed to a table edge",
          "color: black|white|grey|teal; plug: eu plug|us plug|uk plug",
          "16 to 98", "Replacement Bulb"),
    _kind("lighting", "string lights", "Home › Lighting › String Lights",
          "solar powered=needs no socket, shatter proof=does not break when dropped, remote "
          "control, warm glow, timer function=goes off by itself, eight modes, weather "
          "resistant=stays outside all year, copper wire, connectable ends=several in a row",
          "length: 16 feet|33 feet|50 feet|100 feet; color: warm|white|multicolor|blue",
          "9 to 70", "Mounting Clip Strip"),
    _kind("home", "storage baskets", "Home › Storage › Storage Basket",
          "hand woven, solid handles, fold flat=takes no room when empty, washable lining=the "
          "inside comes out for the laundry, water hyacinth, stackable shape=one on top of the "
          "other, with lid=can be closed, non toxic=safe for a nursery, label holder",
          "color: natural|white|grey|black; size: 10 inch|14 inch|18 inch|22 inch",
          "11 to 64", "Liner Insert"),
    _kind("home", "throw blankets", "Home › Bedding › Throw Blanket",
          "machine washable, double sided=two looks in one, organic cotton=grown without "
          "pesticides, fringed edge, super soft=cosy to the touch, oeko tested, pet "
          "friendly=good for a home with cats, waffle weave, weighted fill=heavy enough to "
          "calm me",
          f"color: {COLORS}; size: 50 by 60|60 by 80|80 by 90",
          "18 to 110", "Storage Bag"),
    _kind("home", "shower curtains", "Home › Bath › Shower Curtain",
          "mildew resistant=does not get mouldy, weighted hem=does not blow about, metal "
          "grommets=rings that do not tear out, quick drying=not wet for long, water "
          "repellent, hotel quality, split liner=parts in the middle, embroidered border, eva "
          "free",
          "color: white|grey|navy|teal|olive; size: 54 by 78|72 by 72|72 by 84",
          "12 to 58", "Hook Ring Set"),
    _kind("kitchen", "chef knives", "Kitchen › Cutlery › Chef Knife",
          "high carbon, full tang=one piece of steel down to the end, hand forged, granton "
          "edge=food does not stick to it, pakkawood handle, dishwasher safe=cleaned by "
          "machine, finger guard=so that i do not cut myself, damascus pattern, lifetime "
          "warranty=replaced whenever it fails",
          "size: 6 inch|8 inch|10 inch; bundle: knife only|with sheath|with sharpener",
          "19 to 180", "Blade Guard"),
    _kind("kitchen", "travel mugs", "Kitchen › Drinkware › Travel Mug",
          "leak proof=can lie in my bag, vacuum insulated=hot for hours, one hand lid=opened "
          "while i drive, ceramic lining, bpa free=without harmful plastic, cup holder fit, "
          "sweat free, locking lid=cannot pop open, built in strainer",
          "color: black|white|navy|teal|mustard|burgundy; size: 12 ounce|16 ounce|20 ounce|24 "
          "ounce",
          "11 to 52", "Cleaning Brush"),
    _kind("electronics", "bluetooth speakers", "Electronics › Audio › Bluetooth Speaker",
          "shower proof=can get wet, stereo pairing=two of them together, fast charging, long "
          "battery=plays all day, hands free=for calls too, deep bass, carry loop=hangs from a "
          "rucksack, aux input, voice assistant",
          "color: black|white|navy|teal|grey; bundle: speaker only|with case|with case and "
          "cable",
          "19 to 160", "Carrying Sleeve"),
    _kind("electronics", "usb hubs", "Electronics › Computers › Usb Hub",
          "plug and play=nothing to install, power delivery=charges my laptop too, aluminum "
          "shell, hdmi output=for my second screen, card reader=for photos from a camera, "
          "gigabit ethernet, over current protection=does not fry my devices, braided cable, "
          "individual switches",
          "ports: 4 port|6 port|8 port|10 port; color: silver|black|white",
          "14 to 90", "Adhesive Mount"),
    _kind("electronics", "tablet stands", "Electronics › Tablets › Tablet Stand",
          "non slip=stays where it is put, height adjustable=goes up and down, pocket "
          "size=fits in a pocket, aluminum alloy, cable slot, heavy duty=carries a lot, case "
          "friendly, rubber feet, full rotation=turns all the way round",
          "color: silver|black|rose gold|white; size: 7 inch|10 inch|13 inch",
          "9 to 55", "Screen Cleaning Cloth"),
    _kind("beauty", "face serums", "Beauty › Skin Care › Face Serum",
          "hyaluronic acid, fragrance free=does not smell, cruelty free=never tested on "
          "animals, vitamin c, oil free=not greasy, sensitive skin=for a face that reddens "
          "easily, dark spots=against age marks, dermatologist tested, glass dropper",
          "size: 1 fl oz|2 fl oz|4 fl oz; pack: pack of 1|pack of 2|pack of 3",
          "8 to 70", "Gua Sha Tool"),
    _kind("beauty", "hair brushes", "Beauty › Hair Care › Hair Brush",
          "boar bristles, anti frizz=keeps my hair smooth, bamboo handle, easy clean=comes "
          "clean in no time, wet hair=straight after a shower, scalp massage, travel size=for "
          "a handbag, heat resistant=can be used with a dryer, soft tips",
          "color: natural|black|teal|white; shape: paddle|round|vented|oval",
          "6 to 42", "Lint Remover"),
    _kind("grocery", "herbal teas", "Grocery › Drinks › Herbal Tea",
          "caffeine free=lets me sleep, non gmo, individually wrapped=one by one in paper, low "
          "sugar, plastic free=nothing synthetic around it, fair trade=growers are paid well, "
          "gluten free, resealable bag=closes again, hand picked",
          "flavor: ginger|mint|rooibos|lemon balm|hibiscus; size: 20 bags|40 bags|80 bags",
          "4 to 36", "Infuser Spoon"),
    _kind("grocery", "trail mixes", "Grocery › Snacks › Trail Mix",
          "no added sugar=only as sweet as fruit is, plant based=nothing from animals, high "
          "protein, peanut free=safe with a peanut allergy, sea salt, dairy free=no milk in "
          "it, slow roasted, keto friendly=few carbs, kosher certified",
          "flavor: cherry almond|coconut cashew|maple pecan|mango macadamia; size: 8 ounce|16 "
          "ounce|32 ounce",
          "6 to 44", "Snack Container"),
    _kind("garden", "plant pots", "Garden › Planters › Plant Pot",
          "drainage hole=roots do not drown, frost proof=can stay out in winter, self "
          "watering=looks after itself on holidays, with saucer=catches drips, uv stable=does "
          "not fade in the sun, glazed finish, raised feet, hanging loop, biodegradable fiber",
          "color: white|black|grey|olive|teal; size: 4 inch|6 inch|8 inch|12 inch",
          "6 to 60", "Moisture Meter"),
    _kind("garden", "pruning shears", "Garden › Tools › Pruning Shears",
          "bypass blade, non stick=sap comes right off, ergonomic grip=kind to sore hands, "
          "safety lock=cannot open in a pocket, sap groove, left handed=for my wife who holds "
          "things the other way, titanium plated, shock absorbing=no jolt at the end of a cut, "
          "replaceable spring",
          "size: 6 inch|7 inch|8 inch|9 inch; color: black|olive|mustard",
          "9 to 75", "Sharpening File"),
    _kind("toys", "jigsaw puzzles", "Toys › Puzzles › Jigsaw Puzzle",
          "glare free=no reflections, recycled board=made from old paper, snug fit=can be "
          "lifted in one piece, poster included=with a big picture to go by, linen finish, "
          "random cut, sorting bags, glow effect=shines at night, dust free",
          "pieces: 300 pieces|500 pieces|1000 pieces|2000 pieces; picture: harbor|meadow|old "
          "town|mountains",
          "8 to 46", "Puzzle Saver Sheets"),
    _kind("toys", "building blocks", "Toys › Construction › Building Blocks",
          "rounded edges=safe for a toddler, solid beech=real wood, water based paint, "
          "magnetic core, storage tub=something to keep them in, idea booklet=shows what to "
          "make, washable surface=can be wiped, alphabet print, extra wheels",
          "pieces: 40 pieces|80 pieces|120 pieces; age: 1 year|3 years|5 years",
          "12 to 85", "Play Mat"),
    _kind("sports", "yoga mats", "Sports › Fitness › Yoga Mat",
          "anti tear=does not rip, natural rubber, alignment lines, closed cell, extra "
          "thick=soft for my knees, latex free=i am allergic to rubber sap, double layer, "
          "carry strap=to sling over a shoulder, sweat resistant=no smell after class",
          "color: black|navy|teal|olive|burgundy|grey; thickness: 4 mm|6 mm|8 mm|10 mm",
          "14 to 96", "Mat Spray"),
    _kind("sports", "camping stoves", "Sports › Camping › Camping Stove",
          "piezo ignition=lights without matches, wind shield=burns on in a breeze, folding "
          "legs, simmer control=low heat too, two burners=for a pot and a pan, stainless body, "
          "compact case=packs small, low fuel use, locking valve",
          "fuel: butane|propane|alcohol; color: silver|black|olive",
          "21 to 150", "Cartridge Tripod"),
)
# fmt: on
