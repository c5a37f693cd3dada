/** Base of every error the library throws on purpose; `code` is stable across releases. */
export class StridedError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
    this.name = new.target.name
  }
}

/** A tensor has the wrong number of dimensions or sizes. */
export class ShapeError extends StridedError {
  constructor(message: string) {
    super('ERR_SHAPE', message)
  }
}

/** A tensor or array has the wrong element type, or an argument is of the wrong kind. */
export class DTypeError extends StridedError {
  constructor(message: string) {
    super('ERR_DTYPE', message)
  }
}

/** A number lies outside what the operation allows. */
export class RangeError extends StridedError {
  constructor(message: string) {
    super('ERR_RANGE', message)
  }
}

/** An object is in no state to do what was asked: a released graph, a disposed tensor, a module not yet materialised. */
export class StateError extends StridedError {
  constructor(message: string) {
    super('ERR_STATE', message)
  }
}

/** A file or a state dict does not hold what was expected. */
export class FormatError extends StridedError {
  constructor(message: string) {
    super('ERR_FORMAT', message)
  }
}
