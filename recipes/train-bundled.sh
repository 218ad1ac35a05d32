#!/bin/sh
# Train the checkpoints that come with the package and what they are compared with, and put the small results where the
# package and the results page look for them. An interrupted run goes on where it was.
set -eu
bin=$1
train() {
  [ -d "build/$1/predictions" ] || "$bin/tonada" train "recipes/$1.yaml" --output "build/$1" --resume
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
keep emotion
keep emopia
keep emotion-alone emotion emotion-softmax emotion-spectrogram emotion-descriptors emotion-random emotion-blocks-15 \
  emotion-blocks-25 emotion-whole emotion-stems emotion-majority emotion-attention-vote
keep genre
keep music
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
