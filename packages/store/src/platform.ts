/** What differs between Node and browsers: `#platform` picks one of the two files that provide it. */
import type { Database } from "./database.ts";

export interface Platform {
  /** Rejects with an Error that says what was expected and what was found. */
  openDatabase(location: string, onWarning: (message: string, cause?: unknown) => void): Promise<Database>;
  /** Two names for one place become one. */
  resolve(location: string): string;
}
