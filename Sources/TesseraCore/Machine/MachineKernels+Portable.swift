import CTesseraKernels

extension MachineKernels {
  static let portable = MachineKernels(
    has_non_temporal_stores: false, fma_f32: tsr_machine_fma_f32__portable,
    loaded_fma_f32: tsr_machine_loaded_fma_f32__portable, read: tsr_machine_read__portable,
    in_place: tsr_machine_in_place__portable, copy: tsr_machine_copy__portable,
    two_to_one: tsr_machine_two_to_one__portable, one_to_two: tsr_machine_one_to_two__portable)
}

// The contracts are in tsr_machine.h. `streaming` is a wish that plain Swift cannot grant.

/// Chains of x ← x · factor + term, twelve of eight lanes: on arm64, where the peak is this variant's, 24 registers.
///
/// x converges to term / (1 − factor): never infinite, never subnormal. Without a fused instruction in the platform's
/// baseline a step is a multiplication and an addition.
func tsr_machine_fma_f32__portable(_ iterations: Int, _ sink: UnsafeMutablePointer<Float>?) -> Int {
  let factor = SIMD8<Float>(repeating: opaque(0.999))
  let term = SIMD8<Float>(repeating: opaque(1e-6))
  var (a, b, c, d) = (factor, factor + 1, factor + 2, factor + 3)
  var (e, f, g, h) = (factor + 4, factor + 5, factor + 6, factor + 7)
  var (i, j, k, l) = (factor + 8, factor + 9, factor + 10, factor + 11)
  for _ in 0..<iterations {
    a = step(a, factor, term)
    b = step(b, factor, term)
    c = step(c, factor, term)
    d = step(d, factor, term)
    e = step(e, factor, term)
    f = step(f, factor, term)
    g = step(g, factor, term)
    h = step(h, factor, term)
    i = step(i, factor, term)
    j = step(j, factor, term)
    k = step(k, factor, term)
    l = step(l, factor, term)
  }
  sink!.pointee = ((a + b + c + d) + (e + f + g + h) + (i + j + k + l)).sum()
  return 12 * 8 * 2
}

/// The same chains, each step's term loaded.
func tsr_machine_loaded_fma_f32__portable(
  _ iterations: Int, _ terms: UnsafePointer<Float>?, _ sink: UnsafeMutablePointer<Float>?
) -> Int {
  let factor = SIMD8<Float>(repeating: opaque(0.999))
  let terms = UnsafeRawPointer(terms!)
  let count = Int(TSR_MACHINE_FMA_TERMS)
  var (a, b, c, d) = (factor, factor + 1, factor + 2, factor + 3)
  var (e, f, g, h) = (factor + 4, factor + 5, factor + 6, factor + 7)
  for _ in 0..<iterations {
    for offset in stride(from: 0, to: count * 4, by: 256) {
      a = step(a, factor, terms.load(fromByteOffset: offset, as: Lanes.self))
      b = step(b, factor, terms.load(fromByteOffset: offset + 32, as: Lanes.self))
      c = step(c, factor, terms.load(fromByteOffset: offset + 64, as: Lanes.self))
      d = step(d, factor, terms.load(fromByteOffset: offset + 96, as: Lanes.self))
      e = step(e, factor, terms.load(fromByteOffset: offset + 128, as: Lanes.self))
      f = step(f, factor, terms.load(fromByteOffset: offset + 160, as: Lanes.self))
      g = step(g, factor, terms.load(fromByteOffset: offset + 192, as: Lanes.self))
      h = step(h, factor, terms.load(fromByteOffset: offset + 224, as: Lanes.self))
    }
  }
  sink!.pointee = ((a + b + c + d) + (e + f + g + h)).sum()
  return count * 2
}

func tsr_machine_read__portable(_ arrays: UnsafePointer<tsr_machine_stream>?) {
  let arrays = arrays!.pointee
  let a = UnsafeRawPointer(arrays.a!)
  var (first, second, third, fourth) = (Lanes(), Lanes(), Lanes(), Lanes())
  for index in stride(from: 0, to: arrays.count * 4, by: 128) {
    first += a.load(fromByteOffset: index, as: Lanes.self)
    second += a.load(fromByteOffset: index + 32, as: Lanes.self)
    third += a.load(fromByteOffset: index + 64, as: Lanes.self)
    fourth += a.load(fromByteOffset: index + 96, as: Lanes.self)
  }
  arrays.sink!.pointee = (first + second + third + fourth).sum()
}

func tsr_machine_in_place__portable(_ arrays: UnsafePointer<tsr_machine_stream>?) {
  let arrays = arrays!.pointee
  let a = UnsafeMutableRawPointer(arrays.a!)
  let scale = Lanes(repeating: opaque(1))
  for index in stride(from: 0, to: arrays.count * 4, by: 32) {
    a.storeBytes(of: a.load(fromByteOffset: index, as: Lanes.self) * scale, toByteOffset: index, as: Lanes.self)
  }
}

func tsr_machine_copy__portable(_ arrays: UnsafePointer<tsr_machine_stream>?) {
  let arrays = arrays!.pointee
  let (a, b) = (UnsafeRawPointer(arrays.a!), UnsafeMutableRawPointer(arrays.b!))
  for index in stride(from: 0, to: arrays.count * 4, by: 32) {
    b.storeBytes(of: a.load(fromByteOffset: index, as: Lanes.self), toByteOffset: index, as: Lanes.self)
  }
}

func tsr_machine_two_to_one__portable(_ arrays: UnsafePointer<tsr_machine_stream>?) {
  let arrays = arrays!.pointee
  let (a, b, c) = (UnsafeRawPointer(arrays.a!), UnsafeRawPointer(arrays.b!), UnsafeMutableRawPointer(arrays.c!))
  let scale = Lanes(repeating: opaque(1))
  for index in stride(from: 0, to: arrays.count * 4, by: 32) {
    let scaled = b.load(fromByteOffset: index, as: Lanes.self) * scale
    c.storeBytes(of: a.load(fromByteOffset: index, as: Lanes.self) + scaled, toByteOffset: index, as: Lanes.self)
  }
}

func tsr_machine_one_to_two__portable(_ arrays: UnsafePointer<tsr_machine_stream>?) {
  let arrays = arrays!.pointee
  let (a, b, c) = (UnsafeRawPointer(arrays.a!), UnsafeMutableRawPointer(arrays.b!), UnsafeMutableRawPointer(arrays.c!))
  let scale = Lanes(repeating: opaque(1))
  for index in stride(from: 0, to: arrays.count * 4, by: 32) {
    let values = a.load(fromByteOffset: index, as: Lanes.self)
    b.storeBytes(of: values, toByteOffset: index, as: Lanes.self)
    c.storeBytes(of: values * scale, toByteOffset: index, as: Lanes.self)
  }
}

private typealias Lanes = SIMD8<Float>

@inline(__always)
private func step(_ x: Lanes, _ factor: Lanes, _ term: Lanes) -> Lanes {
  #if arch(arm64)
    term.addingProduct(x, factor)
  #else
    x * factor + term
  #endif
}

/// The value, hidden from the compiler so that it folds nothing.
@inline(never)
@_optimize(none)
private func opaque(_ value: Float) -> Float { value }
