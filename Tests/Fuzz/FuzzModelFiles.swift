import TesseraModels

/// What libFuzzer calls with each input that it makes.
@_cdecl("LLVMFuzzerTestOneInput") public func fuzzModelFiles(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  readEverything(UnsafeBufferPointer(start: data, count: count))
  return 0
}
