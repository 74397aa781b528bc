/** The first byte of every value: what it is. A number is never used again for anything else. */
export const TAG_NULL = 0x00;
export const TAG_FALSE = 0x01;
export const TAG_TRUE = 0x02;
/** A whole number n, 0 <= n < 2^53, as a varint. */
export const TAG_WHOLE = 0x03;
/** A whole number -n, 0 < n < 2^53, as the varint n - 1. */
export const TAG_NEGATIVE = 0x04;
/** Every other number, -0 among them: IEEE 754 binary64, high byte first. */
export const TAG_FLOAT = 0x05;
export const TAG_STRING = 0x06;
export const TAG_BYTES = 0x07;
export const TAG_ARRAY = 0x08;
export const TAG_OBJECT = 0x09;

// In state only.
export const TAG_UNDEFINED = 0x40;
export const TAG_MAP = 0x41;
export const TAG_SET = 0x42;
export const TAG_UINT32_ARRAY = 0x43;
/** A sign byte, 0 or 1 for negative, and the magnitude, high byte first, without leading zeros. */
export const TAG_BIGINT = 0x44;
