/** The version of this package: the addon must be of the same one. A test holds it to package.json. */
export const version = '0.1.0'
