import ArgumentParser
import Tessera

/// What `--kv-type` takes.
enum CacheType: String, ExpressibleByArgument, CaseIterable {
  case f32, bf16

  var stored: ElementType { self == .f32 ? .float32 : .bfloat16 }
}
