/// What the labels of kernels stand for, in notes below the tables that have them.
enum KernelLabels {
  /// The paper's in its order, then the library's own.
  private static let all: [(label: String, words: String)] = [
    ("AIB", "attention's input bias"), ("SM", "scale, softmax and dropout of stored scores"),
    ("BDRLN", "bias, dropout, residual and layer norm"), ("BRD", "bias, ReLU and dropout"),
    ("BSB", "dW of layer norm"), ("BLNRD", "dX of layer norm and dropout"),
    ("BDRB", "dX of dropout and ReLU, dW of the bias before"),
    ("EBSB", "sum of two gradients, dW of layer norm, dW of the bias before the next"),
    ("BAOB", "dW of attention's output bias"), ("BS", "dX of scale, softmax and dropout over stored probabilities"),
    ("BAIB", "dW of attention's input bias"), ("BEI", "sum of the gradients of the layer's input"),
    ("TILED", "attention, or its gradients, that stores no scores"), ("LINEAR", "a linear map's product alone"),
    ("L-AIB", "the product of queries, keys and values with AIB on it"), ("L-BDRLN", "a product with BDRLN on it"),
    ("L-BRD", "a product with BRD on it"),
    ("L-BDRB", "dX of a map with dX of dropout and ReLU on it"),
    ("L-BEI", "dX of a map with another gradient added to it"),
    ("L-BAOB", "dX of the output map, and its dW with the bias's as sums of the same pass"),
    ("L-BAIB", "dW of the joint map of queries, keys and values with the bias's"),
  ]

  /// Those that the table has, in lines as long as text's tables may be.
  static func notes(_ labels: Set<String>) -> [String] {
    var lines: [String] = []
    for entry in all where labels.contains(entry.label) {
      let text = "\(entry.label): \(entry.words)"
      if let last = lines.last, last.count + text.count + 2 <= longestLine {
        lines[lines.count - 1] = last + "; " + text
      } else {
        lines.append(text)
      }
    }
    return lines.map { $0 + "." }
  }

  private static let longestLine = 150
}
