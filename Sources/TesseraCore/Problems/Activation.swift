/// The activation functions that operators know, by the names of their unfused operators.
public enum Activation: String, CaseIterable, Codable, Sendable {
  /// max(x, 0)
  case relu
  /// x · (1 + erf(x / √2)) / 2. Hendrycks, Gimpel, "Gaussian Error Linear Units" (2016), section 2.
  case gelu
  /// x · (1 + tanh(√(2/π) · (x + 0.044715 · x³))) / 2, the same paper's approximation of it.
  case geluTanh = "gelu-tanh"
  /// x / (1 + exp(−x)). Elfwing, Uchibe, Doya, "Sigmoid-Weighted Linear Units" (2017).
  case silu
}
