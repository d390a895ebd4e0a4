"""A stand-in of LENS, Landscape's GraphQL service: what agents ask about submissions."""
