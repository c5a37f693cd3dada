/** What a scope needs to know of a tensor. */
export interface Disposable {
  readonly disposed: boolean
  dispose(): void
}

/** The tensors made since a scope began, or null outside all scopes, where nothing is noted down. */
const state: { made: Disposable[] | null } = { made: null }

/** Notes a new tensor in the scope that is open, if any. */
export function track(tensor: Disposable): void {
  if (state.made !== null) state.made.push(tensor)
}

/** Runs `fn` so that no open scope notes the tensors it makes: they belong to someone who outlives the scope. */
export function untracked<T>(fn: () => T): T {
  if (state.made === null) return fn()
  const outer = state.made
  state.made = null
  try {
    return fn()
  } finally {
    state.made = outer
  }
}

/** Makes the scope forget a tensor that was just made. */
export function untrack(tensor: Disposable): void {
  const { made } = state
  if (made === null) return
  const at = made.lastIndexOf(tensor)
  if (at !== -1) made.splice(at, 1)
}

/**
 * Runs `fn` and disposes what it made except what `survivors` finds in its result; those pass to the scope outside.
 * When `fn` throws, all that it made is disposed.
 */
export function withScope<T>(fn: () => T, survivors: (result: T, keep: (tensor: Disposable) => void) => void): T {
  const outer = state.made
  const made: Disposable[] = []
  state.made = made
  const kept = new Set<Disposable>()
  try {
    const result = fn()
    survivors(result, (tensor) => kept.add(tensor))
    return result
  } finally {
    state.made = outer
    for (const tensor of made) {
      if (!kept.has(tensor)) tensor.dispose()
      else if (outer !== null) outer.push(tensor)
    }
  }
}

/** Runs a composition of ops and disposes its intermediate tensors at once; only the result survives. */
export function composed<T extends Disposable>(fn: () => T): T {
  return withScope(fn, (result, keep) => keep(result))
}

/** Opens a scope by hand and returns the one outside; the fast form of {@link composed} for the backward engine. */
export function openScope(): Disposable[] | null {
  const outer = state.made
  state.made = []
  return outer
}

/** Closes the scope that `openScope` opened, disposing what was made inside except `survivors`. */
export function closeScope(outer: Disposable[] | null, survivors: readonly (Disposable | null)[]): void {
  const made = state.made
  state.made = outer
  if (made === null) return
  for (const tensor of made) {
    if (!survivors.includes(tensor)) tensor.dispose()
    else if (outer !== null) outer.push(tensor)
  }
}
