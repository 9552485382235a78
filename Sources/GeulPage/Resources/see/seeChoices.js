/** The choices of the reader; they are kept when the view is closed. */
const seeChoices = {
  model: null, tint: "surprisal", layer: 0, neuron: null, quantity: "hiddenState", rowCount: 12, order: "activity",
  threshold: 0.3, isExclusive: true, influence: "norms", isLogarithmic: false,
};

/** Returns the choices of the reader for a model; those that only another model has are replaced. */
export function choicesFor(model) {
  if (seeChoices.model === model) return seeChoices;
  const { layerCount, cell } = model.network;
  const hasQuantity = cell.quantities.some(({ key }) => key === seeChoices.quantity);
  Object.assign(seeChoices, { model, layer: layerCount - 1, neuron: null });
  if (!hasQuantity) seeChoices.quantity = "hiddenState";
  if (cell.retentionGate < 0 && seeChoices.order === "persistence") seeChoices.order = "activity";
  return seeChoices;
}
