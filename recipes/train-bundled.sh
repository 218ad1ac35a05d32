#!/bin/sh
# Train the checkpoints that come with the package and what they are compared with, and put the small results where the
# package and the results page look for them. An interrupted run goes on where it was.
set -eu
bin=$1
train() {
  [ -d "build/$1/predictions" ] || "$bin/tonada" train "recipes/$1.yaml" --output "build/$1" --resume
}
# from_seeds HOW-MANY RECIPE…: the same songs answered from several seeds, or from one where an epoch takes minutes.
from_seeds() {
  count=$1
  shift
  for recipe in "$@"; do
    [ -e "docs/results/emotion-alone/seeds/$recipe.csv" ] || "$bin/python" benchmarks/seeds.py "$TONADA_DATA" \
      docs/results/emotion-alone/seeds "recipes/$recipe.yaml" --seeds "$count"
  done
}
# keep PAGE RECIPE…: the predictions of recipes that one section of the page compares, its own first.
keep() {
  page=docs/results/$1
  mkdir -p "$page"
  for recipe in "$@"; do
    train "$recipe"
    cp "build/$recipe/predictions/$recipe.csv" "$page/"
  done
  cp "build/$1/predictions/majority.csv" "build/$1/predictions/logistic-regression.csv" "$page/"
}
keep emotion emotion-three-teachers
keep emopia emopia-jia2022
keep emotion-alone emotion emotion-softmax emotion-spectrogram emotion-descriptors emotion-random
from_seeds 5 emotion-alone emotion-softmax emotion-descriptors emotion-majority
from_seeds 1 emotion-whole emotion-blocks-15 emotion-blocks-25 emotion-stems emotion-attention-vote emotion-jia2022
keep genre genre-random
keep music music-random
for name in emotion genre music; do
  bundled=src/tonada/checkpoints/$name
  mkdir -p "$bundled"
  for file in config.json preprocessor_config.json model.safetensors recipe.yaml split.json provenance.json README.md \
    model-index.yaml; do
    cp "build/$name/$file" "$bundled/"
  done
  rm -rf "$bundled/.eval_results"
  [ ! -d "build/$name/.eval_results" ] || cp -r "build/$name/.eval_results" "$bundled/"  # of one data set alone
done
"$bin/python" -m tonada.proving.tables docs/results > docs/results.md
