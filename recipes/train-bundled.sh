#!/bin/sh
# Train the checkpoints that come with the package and what they are compared with, and put the small results where the
# package and the results page look for them. An interrupted run goes on where it was.
set -eu
bin=$1
train() {
  [ -e "build/$1/README.md" ] || "$bin/tonada" train "recipes/$1.yaml" --output "build/$1" --resume
}
# bundle NAME FILE…: put a model's files where the package looks for them.
bundle() {
  from=build/$1 to=src/tonada/checkpoints/$1
  shift
  mkdir -p "$to"
  for file in config.json preprocessor_config.json model.safetensors recipe.yaml split.json provenance.json README.md "$@"; do
    cp "$from/$file" "$to/"
  done
  rm -rf "$to/.eval_results"
  [ ! -d "$from/.eval_results" ] || cp -r "$from/.eval_results" "$to/"  # of one data set alone
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
bundle emotion model-index.yaml  # emopia begins with it
keep emopia emopia-jia2022
keep emotion-alone emotion emotion-softmax emotion-spectrogram emotion-descriptors emotion-random
from_seeds 5 emotion-alone emotion-softmax emotion-descriptors emotion-majority
from_seeds 1 emotion-whole emotion-blocks-15 emotion-blocks-25 emotion-stems emotion-attention-vote emotion-jia2022
train ear
bundle ear  # genre begins with it
keep genre genre-random
bundle genre model-index.yaml
keep music music-random
bundle music model-index.yaml
"$bin/python" -m tonada.proving.tables docs/results > docs/results.md
