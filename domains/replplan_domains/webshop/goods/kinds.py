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
          "water resistant=keeps me dry in the rain, taped seams, machine wash, packable hood,"
          " light weight,"
          " two way zip, recycled fabric=made from used bottles, pit vents, fleece collar",
          f"color: {COLORS}; size: {SIZES}", "28 to 140", "Wash-In Proofing Spray"),
    _kind("clothing", "running socks", "Clothing › Hosiery › Running Socks",
          "merino wool, arch support, quick dry, seamless toe, moisture wicking=keeps sweat"
          " away, mesh top,"
          " cushioned heel, odor control=does not smell after a run, reflective band",
          f"color: {COLORS}; size: small|medium|large; pack: 1 pair|3 pairs|6 pairs", "7 to 48",
          "Mending Yarn Kit"),
    _kind("clothing", "linen shirts", "Clothing › Tops › Linen Shirt",
          "button down, long sleeve, chest pocket, relaxed fit, pre washed, wrinkle"
          " resistant=needs no ironing,"
          " band collar, breathable weave=good for hot days, shell buttons",
          f"color: {COLORS}; size: {SIZES}", "24 to 110", "Collar Stiffener Set"),
    _kind("shoes", "canvas sneakers", "Shoes › Casual › Canvas Sneakers",
          "rubber sole, memory foam, slip resistant=safe on wet floors, vegan glue, wide toe,"
          " lace up, day comfort,"
          " removable insole, reinforced heel",
          f"color: {COLORS}; size: 6|7|8|9|10|11|12", "22 to 95", "Whitening Cleaner"),
    _kind("shoes", "hiking boots", "Shoes › Outdoor › Hiking Boots",
          "ankle support, water proof, vibram outsole, gusseted tongue, suede upper, steel"
          " shank, speed lacing,"
          " wool lining=warm in winter, toe guard",
          "color: black|olive|grey|navy|burgundy; size: 6|7|8|9|10|11|12; width:"
          " narrow|regular|wide",
          "55 to 240", "Spare Laces"),
    _kind("lighting", "desk lamps", "Home › Lighting › Desk Lamp",
          "dimmable light, usb port, touch control, flicker free=easy on the eyes, steel arm,"
          " memory function,"
          " energy saving, swivel head, clamp base=can be fixed to a table edge",
          "color: black|white|grey|teal; plug: eu plug|us plug|uk plug", "16 to 98",
          "Replacement Bulb"),
    _kind("lighting", "string lights", "Home › Lighting › String Lights",
          "solar powered=needs no socket, shatter proof, remote control, warm glow, timer"
          " function, eight modes,"
          " weather resistant, copper wire, connectable ends",
          "length: 16 feet|33 feet|50 feet|100 feet; color: warm|white|multicolor|blue", "9 to 70",
          "Mounting Clip Strip"),
    _kind("home", "storage baskets", "Home › Storage › Storage Basket",
          "hand woven, solid handles, fold flat, washable lining, water hyacinth, stackable"
          " shape, with lid,"
          " non toxic=safe for a nursery, label holder",
          "color: natural|white|grey|black; size: 10 inch|14 inch|18 inch|22 inch", "11 to 64",
          "Liner Insert"),
    _kind("home", "throw blankets", "Home › Bedding › Throw Blanket",
          "machine washable, double sided, organic cotton, fringed edge, super soft, oeko tested,"
          " pet friendly=good for a home with cats, waffle weave, weighted fill",
          f"color: {COLORS}; size: 50 by 60|60 by 80|80 by 90", "18 to 110", "Storage Bag"),
    _kind("home", "shower curtains", "Home › Bath › Shower Curtain",
          "mildew resistant=does not get mouldy, weighted hem, metal grommets, quick drying,"
          " water repellent,"
          " hotel quality, split liner, embroidered border, eva free",
          "color: white|grey|navy|teal|olive; size: 54 by 78|72 by 72|72 by 84", "12 to 58",
          "Hook Ring Set"),
    _kind("kitchen", "chef knives", "Kitchen › Cutlery › Chef Knife",
          "high carbon, full tang, hand forged, granton edge=food does not stick to it,"
          " pakkawood handle,"
          " dishwasher safe, finger guard, damascus pattern, lifetime warranty",
          "size: 6 inch|8 inch|10 inch; bundle: knife only|with sheath|with sharpener", "19 to 180",
          "Blade Guard"),
    _kind("kitchen", "travel mugs", "Kitchen › Drinkware › Travel Mug",
          "leak proof=can lie in my bag, vacuum insulated, one hand lid, ceramic lining, bpa"
          " free, cup holder fit,"
          " sweat free, locking lid, built in strainer",
          "color: black|white|navy|teal|mustard|burgundy; size: 12 ounce|16 ounce|20 ounce|24"
          " ounce",
          "11 to 52", "Cleaning Brush"),
    _kind("electronics", "bluetooth speakers", "Electronics › Audio › Bluetooth Speaker",
          "shower proof=can get wet, stereo pairing, fast charging, long battery, hands free,"
          " deep bass, carry loop,"
          " aux input, voice assistant",
          "color: black|white|navy|teal|grey; bundle: speaker only|with case|with case and cable",
          "19 to 160", "Carrying Sleeve"),
    _kind("electronics", "usb hubs", "Electronics › Computers › Usb Hub",
          "plug and play, power delivery=charges my laptop too, aluminum shell, hdmi output,"
          " card reader,"
          " gigabit ethernet, over current protection, braided cable, individual switches",
          "ports: 4 port|6 port|8 port|10 port; color: silver|black|white", "14 to 90",
          "Adhesive Mount"),
    _kind("electronics", "tablet stands", "Electronics › Tablets › Tablet Stand",
          "non slip, height adjustable, pocket size=fits in a pocket, aluminum alloy, cable"
          " slot, heavy duty,"
          " case friendly, rubber feet, full rotation",
          "color: silver|black|rose gold|white; size: 7 inch|10 inch|13 inch", "9 to 55",
          "Screen Cleaning Cloth"),
    _kind("beauty", "face serums", "Beauty › Skin Care › Face Serum",
          "hyaluronic acid, fragrance free=does not smell, cruelty free, vitamin c, oil free,"
          " sensitive skin,"
          " dark spots, dermatologist tested, glass dropper",
          "size: 1 fl oz|2 fl oz|4 fl oz; pack: pack of 1|pack of 2|pack of 3", "8 to 70",
          "Gua Sha Tool"),
    _kind("beauty", "hair brushes", "Beauty › Hair Care › Hair Brush",
          "boar bristles, anti frizz=keeps my hair smooth, bamboo handle, easy clean, wet hair,"
          " scalp massage,"
          " travel size, heat resistant, soft tips",
          "color: natural|black|teal|white; shape: paddle|round|vented|oval", "6 to 42",
          "Lint Remover"),
    _kind("grocery", "herbal teas", "Grocery › Drinks › Herbal Tea",
          "caffeine free=lets me sleep, non gmo, individually wrapped, low sugar, plastic free,"
          " fair trade,"
          " gluten free, resealable bag, hand picked",
          "flavor: ginger|mint|rooibos|lemon balm|hibiscus; size: 20 bags|40 bags|80 bags", "4"
          " to 36",
          "Infuser Spoon"),
    _kind("grocery", "trail mixes", "Grocery › Snacks › Trail Mix",
          "no added sugar, plant based, high protein, peanut free=safe with a peanut allergy,"
          " sea salt, dairy free,"
          " slow roasted, keto friendly, kosher certified",
          "flavor: cherry almond|coconut cashew|maple pecan|mango macadamia; size: 8 ounce|16"
          " ounce|32 ounce",
          "6 to 44", "Snack Container"),
    _kind("garden", "plant pots", "Garden › Planters › Plant Pot",
          "drainage hole, frost proof=can stay out in winter, self watering, with saucer, uv"
          " stable, glazed finish,"
          " raised feet, hanging loop, biodegradable fiber",
          "color: white|black|grey|olive|teal; size: 4 inch|6 inch|8 inch|12 inch", "6 to 60",
          "Moisture Meter"),
    _kind("garden", "pruning shears", "Garden › Tools › Pruning Shears",
          "bypass blade, non stick, ergonomic grip=kind to sore hands, safety lock, sap groove,"
          " left handed,"
          " titanium plated, shock absorbing, replaceable spring",
          "size: 6 inch|7 inch|8 inch|9 inch; color: black|olive|mustard", "9 to 75",
          "Sharpening File"),
    _kind("toys", "jigsaw puzzles", "Toys › Puzzles › Jigsaw Puzzle",
          "glare free, recycled board, snug fit, poster included, linen finish, random cut,"
          " sorting bags,"
          " glow effect=shines at night, dust free",
          "pieces: 300 pieces|500 pieces|1000 pieces|2000 pieces; picture: harbor|meadow|old"
          " town|mountains",
          "8 to 46", "Puzzle Saver Sheets"),
    _kind("toys", "building blocks", "Toys › Construction › Building Blocks",
          "rounded edges=safe for a toddler, solid beech, water based paint, magnetic core,"
          " storage tub, idea booklet,"
          " washable surface, alphabet print, extra wheels",
          "pieces: 40 pieces|80 pieces|120 pieces; age: 1 year|3 years|5 years", "12 to 85",
          "Play Mat"),
    _kind("sports", "yoga mats", "Sports › Fitness › Yoga Mat",
          "anti tear, natural rubber, alignment lines, closed cell, extra thick=soft for my"
          " knees, latex free,"
          " double layer, carry strap, sweat resistant",
          "color: black|navy|teal|olive|burgundy|grey; thickness: 4 mm|6 mm|8 mm|10 mm", "14 to 96",
          "Mat Spray"),
    _kind("sports", "camping stoves", "Sports › Camping › Camping Stove",
          "piezo ignition=lights without matches, wind shield, folding legs, simmer control, two"
          " burners,"
          " stainless body, compact case, low fuel use, locking valve",
          "fuel: butane|propane|alcohol; color: silver|black|olive", "21 to 150",
          "Cartridge Tripod"),
)
# fmt: on
