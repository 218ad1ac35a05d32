"""Why a song was answered as it was: which instants and which descriptors decided, and whether to believe that."""
