#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// ln x; −inf for 0. Once a row, so the system's will do.
func naturalLogarithm(_ x: Float) -> Float { log(x) }

/// eˣ in double precision, for the few weights of a merge.
func exponential(_ x: Double) -> Double { exp(x) }

/// ln x in double precision.
func naturalLogarithm(_ x: Double) -> Double { log(x) }

/// x to a whole power.
func power(_ base: Double, _ exponent: Int) -> Double { pow(base, Double(exponent)) }
