// The type of a tensor's elements, which operators know too.
@_exported import enum TesseraCore.ElementType
