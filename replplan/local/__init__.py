"""The embedded model: its weights, its server, and the `Model` made of the two.

Nothing here is loaded into this process: the model runs in one of its own.
"""

from replplan.local.listing import ModelListing, list_models, runtime_version
from replplan.local.local_model import LocalModel, serve
from replplan.local.server import LocalServer, ServerOptions
from replplan.local.weights import SMOLLM2, Weights, find, pull

__all__ = [
    "SMOLLM2",
    "LocalModel",
    "LocalServer",
    "ModelListing",
    "ServerOptions",
    "Weights",
    "find",
    "list_models",
    "pull",
    "runtime_version",
    "serve",
]
