/**
 * Lies about the time: its clock is hours off, either way, and it answers so, stamps so and mints so. Against mesh time, a
 * median over neighbors; against stamps from the future, which are parked; and against a lie driving a hybrid clock
 * ahead (Kulkarni et al. 2014, whose bound it would break).
 */
import type { Kind } from "./deviant.ts";

const LIE_MS = 3 * 3_600_000;

export const clock: Kind = ({ random }) => ({ lieMs: random.below(2) === 0 ? LIE_MS : -LIE_MS });
