extension KeyValueRanges {
  /// The first key of a key's granule: where a tile, a panel of scores and a dropout's step may begin, in every
  /// variant.
  static func granuleStart(of key: Int) -> Int { key / granule * granule }

  /// That many keys, rounded up to whole granules.
  static func wholeGranules(_ keys: Int) -> Int { (keys + granule - 1) / granule * granule }
}
