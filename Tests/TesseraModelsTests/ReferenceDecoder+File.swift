import Tessera
import TesseraModels
import TesseraReference

extension ReferenceDecoder {
  /// The oracle of a file's model, with weights as the oracle takes stored elements apart. Constants of the rotation
  /// are the configuration's.
  init(_ file: GGUFFile) throws {
    let sizes = try DecoderConfiguration(file)
    precondition(sizes.valueDimension == sizes.headDimension && sizes.rotaryColumns == sizes.headDimension)
    self.init { name, row in
      let tensor = try! file.tensor(named: name)
      let type = tensor.elementType
      return stride(from: 0, to: tensor.rowBytes, by: type.blockBytes).flatMap { first in
        let start = row * tensor.rowBytes + first
        let block = Array(tensor.bytes[start..<start + type.blockBytes])
        return (0..<type.blockElements).map { storedElement($0, of: block, format: type.name) }
      }
    }
    (layers, width, feedForwardWidth) = (sizes.layers, sizes.width, sizes.feedForwardWidth)
    (queryHeads, keyValueHeads) = (sizes.queryHeads, sizes.keyValueHeads)
    (headDimension, vocabularySize) = (sizes.headDimension, sizes.vocabularySize)
    normEpsilon = sizes.normEpsilon
    (rotary.base, rotary.frequencyScale) = (sizes.rotaryBase, sizes.rotaryScale)
    rotary.pairing = sizes.architecture == .llama ? .interleaved : .halfSplit
    optionalTensors = Set(file.tensorNames)
    if file.contains("rope_freqs.weight") { rotary.divisors = row("rope_freqs.weight", 0).map { Float($0) } }
  }
}
