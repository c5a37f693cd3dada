/** Element-wise functions of one argument; each maps a dense buffer onto one of the same layout. */
export type UnaryOp = 'neg' | 'abs' | 'exp' | 'log' | 'sqrt' | 'square' | 'reciprocal' | 'sign' | 'floor' | 'sigmoid' | 'tanh'
