// Stands in for a module that DevTools' own build generates.
export const LOCALES = ['en-US'];
export const BUNDLED_LOCALES = ['en-US'];
export const DEFAULT_LOCALE = 'en-US';
export const REMOTE_FETCH_PATTERN = '@HOST@/@LOCALE@';
export const LOCAL_FETCH_PATTERN = './@LOCALE@';
