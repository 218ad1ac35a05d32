#!/bin/sh
# Train the emotion checkpoint and what it is compared with, and put the small results where the package keeps them.
set -eu
bin=$1
for recipe in emotion emotion-softmax emotion-spectrogram emotion-descriptors; do
  "$bin/tonada" train "recipes/$recipe.yaml" --output "build/$recipe"
  mkdir -p docs/results/emotion
  cp "build/$recipe/predictions/$recipe.csv" docs/results/emotion/
done
cp build/emotion/predictions/*.csv docs/results/emotion/
"$bin/python" -m tonada.proving.tables docs/results > docs/results.md
bundled=src/tonada/checkpoints/emotion
mkdir -p "$bundled"
for file in config.json preprocessor_config.json model.safetensors recipe.yaml split.json provenance.json README.md; do
  cp "build/emotion/$file" "$bundled/"
done
