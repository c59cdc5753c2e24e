"""What people write to a town hall: messages that have to be read to know what they are about."""

from __future__ import annotations

TOPICS: dict[str, tuple[str, ...]] = {
    "noise": (
        "nobody on {street} slept, the drums went on until {time}",
        "the dog at {street} {house} barks from {time} until morning",
        "a drill has been howling behind {street} {house} since {time}",
        "the wedding party at {street} {house} was heard three streets away",
        "a car alarm on {street} has been shrieking since {time}",
        "the brass band rehearses at {street} {house} with open windows, every night",
        "fireworks again over {street}, my windows shake and the baby cries",
        "the engines that roar along {street} after {time} are ear-splitting",
    ),
    "water": (
        "what comes out of the tap at {street} {house} is brown",
        "the cellar of {street} {house} is flooded to the second step",
        "no pressure in the shower at {street} {house} since {time}",
        "a pipe has burst under {street}, there is a fountain by number {house}",
        "we at {street} {house} have been boiling what we drink since {time}",
        "the hydrant at {street} {house} drips day and night",
        "our kitchen sink at {street} {house} gurgles and backs up",
        "the meter at {street} {house} runs although every tap is shut",
    ),
    "roads": (
        "there is a hole in {street} that ate my front wheel",
        "the asphalt by {street} {house} has cracked open again",
        "the zebra crossing on {street} can hardly be seen any more",
        "a lorry has bent the stop sign at {street} {house}",
        "the cobbles before {street} {house} are loose, a cyclist fell at {time}",
        "since the diggers left, {street} is one long row of bumps",
        "the kerb at {street} {house} is too high for my wheelchair",
        "two cars slid into each other on the slope of {street} at {time}",
    ),
    "waste": (
        "the bins at {street} {house} were not emptied this week",
        "somebody left a sofa and two mattresses at {street} {house}",
        "rats are feasting on the bags before {street} {house}",
        "the bottle bank on {street} is full to the brim",
        "plastic wrappers blow all along {street}",
        "old paint tins were dumped behind {street} {house} at {time}",
        "my yellow sacks have stood at {street} {house} since {time}, nobody collects them",
        "what the snack bar at {street} {house} throws out rots in the yard",
    ),
    "lights": (
        "the lamp before {street} {house} has been dark since {time}",
        "it is pitch black on {street} after {time}",
        "the lantern at {street} {house} flickers like a candle",
        "the bulb above the steps of {street} has blown",
        "the lamps of {street} burn in broad day",
        "I walk home along {street} with a torch, nothing shines there",
        "somebody has smashed the globe of the lamp post at {street} {house}",
        "the new white glare at {street} {house} shines right into our bedroom",
    ),
    "parks": (
        "the swings by {street} hang by one chain",
        "nobody mows the meadow behind {street} {house}",
        "a branch of the old oak by {street} is about to come down",
        "the bench under the limes of {street} has lost its back",
        "the roses in the little garden on {street} want cutting",
        "the sandpit at {street} {house} is full of thorns",
        "the hedge at {street} {house} has swallowed the footpath",
        "the children of {street} {house} ask when the slide will be mended",
    ),
}

STREETS = (
    "Mill Lane", "Church Street", "Abbey Row", "Castle Hill", "Baker Street", "Fern Walk",
    "Harbour Road", "Kings Parade", "Linden Avenue", "Market Place", "North Gate", "Orchard Way",
    "Priory Close", "Queens Square", "Rope Walk", "Saddler Street", "Tanner Row", "Upper Green",
    "Vine Court", "Weaver Street",
)  # fmt: skip
TIMES = ("midnight", "six", "half past nine", "ten o'clock", "a quarter to five", "noon")

PLACES = (
    "boat house", "bell tower", "old granary", "north cellar", "clock room", "ferry shed",
    "map archive", "rose pavilion", "toll house", "west attic", "ice store", "guild chamber",
)  # fmt: skip
OPENS = (
    "to get into the {place} ask at the desk for key {number}",
    "key {number} is the one that opens the {place}, tell the new porter",
    "whoever locks up the {place} tonight: it is key {number}",
)
OPENS_NOT = (
    "key {number} no longer opens the {place}, the lock was changed",
    "I tried key {number} on the {place}, in vain",
    "do not give out key {number} for the {place}, it is from before the fire",
)
