"""The words of a card that no model changes: what it is for, what it is not for, whom to cite, and the Spanish."""

FIGURES = {
    "confusion.png": "Confusion",
    "reliability.png": "Reliability",
    "abstention.png": "Abstention",
    "curves.png": "ROC and precision-recall",
}
"""Pictures that `tonada evaluate` draws, by the name of their file."""

INTENDED_USE = """Sorting, searching and studying recorded music: one's own songs, a catalogue, an archive, research. It
proposes; where an answer matters to somebody, a person decides. Not for judging people by what they play or hear,
and not as the only ground to pay for, promote or remove a recording."""

LIMITS = """The songs it learned from are not the world's music: other styles, languages, times and recording qualities
are unmeasured. What people say of a song differs from person to person, and no answer is more certain than they are. It
hears sound and reads no lyrics."""

ONE_LABEL = " Every recording gets one of its labels, unless it may answer *unknown*."

CITATION = """@software{{tonada,
  title={{Tonada}}, version={{{version}}}, year={{2026}}, license={{Apache-2.0}}
}}
@article{{jia2022music,
  title={{Music Emotion Classification Method Based on Deep Learning and Explicit Sparse Attention Network}},
  author={{Jia, Xiaoguang}},
  journal={{Computational Intelligence and Neuroscience}}, year={{2022}}, doi={{10.1155/2022/3920663}}
}}
@misc{{zhao2019explicit,
  title={{Explicit Sparse Transformer: Concentrated Attention Through Explicit Selection}},
  author={{Zhao, Guangxiang and Lin, Junyang and Zhang, Zhiyuan and Ren, Xuancheng and Su, Qi and Sun, Xu}},
  year={{2019}}, eprint={{1912.11637}}, archivePrefix={{arXiv}}
}}"""

IN_SPANISH = """Escucha una canción y responde con: {labels}. {data}Se usa con las líneas de arriba; lo que
se ha medido está arriba también.
Sirve para ordenar, buscar y estudiar música grabada; propone, y donde la respuesta importe decide una persona. No
sirve para juzgar a nadie. Sus canciones no son toda la música del mundo: otros estilos, idiomas y grabaciones están
sin medir."""

SPANISH = {
    "happy": "alegre",
    "sad": "triste",
    "relaxed": "relajada",
    "angry": "enfadada",
    "classical": "clásica",
    "electronic": "electrónica",
    "pop": "pop",
    "rock": "rock",
    "music": "música",
    "non_music": "no es música",
}
"""What the labels of Tonada's own checkpoints mean in Spanish."""
