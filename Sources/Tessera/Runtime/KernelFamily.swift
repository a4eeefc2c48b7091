/// A kernel family and the variants of it that this build has: what `tessera machine` shows. One line a family.
public struct KernelFamily: Sendable {
  public let name: String
  public let variants: [InstructionSet]

  public static let all = [
    KernelFamily("attention", AttentionKernels.variants),
    KernelFamily("attention-gradients", AttentionGradientKernels.variants),
    KernelFamily("attention-input-bias", AttentionInputBiasKernels.variants),
    KernelFamily("contraction", ContractionKernels.variants),
    KernelFamily("cross-entropy", CrossEntropyKernels.variants),
    KernelFamily("dropout-mask", DropoutMaskKernels.variants),
    KernelFamily("elementwise", ElementwiseKernels.variants),
    KernelFamily("elementwise-gradient", ElementwiseGradientKernels.variants),
    KernelFamily("normalization", NormalizationKernels.variants),
    KernelFamily("normalization-gradient", NormalizationGradientKernels.variants),
    KernelFamily("optimizer", OptimizerKernels.variants),
    KernelFamily("rotary-embedding", RotaryEmbeddingKernels.variants),
    KernelFamily("softmax", SoftmaxKernels.variants),
    KernelFamily("softmax-gradient", SoftmaxGradientKernels.variants),
    KernelFamily("stored", StoredKernels.variants),
  ]

  private init<Kernels>(_ name: String, _ variants: [KernelRow<Kernels>]) {
    self.name = name
    self.variants = variants.map(\.instructionSet)
  }

  /// The variant that a context with this instruction set runs.
  public func chosen(for instructionSet: InstructionSet) -> InstructionSet {
    variants.filter { $0 <= instructionSet }.max()!
  }
}
