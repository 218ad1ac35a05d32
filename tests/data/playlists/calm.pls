[playlist]
File1=audio/2.flac
Title1=Cleo - Three
NumberOfEntries=1
