"""The condition language (CONTRACT §4, R4, G8): parse and type-check with rule-engine, vet, compile, three-valued."""
