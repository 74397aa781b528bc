/** Those of vectors/ed25519.json that a backend must get right before it is used. Made by scripts/make-vectors.ts. */

/** Public key, message, signature (hex), and whether it is valid. */
export type SelfTestVector = readonly [publicKey: string, message: string, signature: string, valid: boolean];

export const selfTestVectors: readonly SelfTestVector[] = [
  // rfc-8032: TEST 3
  [
    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    "af82",
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    true,
  ],
  // flipped-signature: bit 300
  [
    "ba0cdb954ff98fff7353d70374835cde5973b462a24a36fcf11d7fa6522bb278",
    "706c61696e",
    "34ac8b5cfd26e79a848426ab079862cd439065a35462e94973e247bf633208df4c57c9bd09c182da8a4defab175f44a5847e49266648fdea7b04dabf5755010d",
    false,
  ],
  // s-not-reduced: S + 1L
  [
    "ba0cdb954ff98fff7353d70374835cde5973b462a24a36fcf11d7fa6522bb278",
    "706c61696e",
    "34ac8b5cfd26e79a848426ab079862cd439065a35462e94973e247bf633208df392bbf1a2434953261eae64ef65823ba847e49266648fdea7b04dabf5755011d",
    false,
  ],
  // small-order-a: A order 1, point 0; R small; S = 0
  [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "30",
    "01000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
    false,
  ],
  // small-order-r: R order 1, point 0
  [
    "ba0cdb954ff98fff7353d70374835cde5973b462a24a36fcf11d7fa6522bb278",
    "30",
    "0100000000000000000000000000000000000000000000000000000000000000359d8da5282a94f80f30629cf7ff877dbb70c498eff00c97ce882d72ba067302",
    false,
  ],
  // non-canonical-a: A y = p + 1, sign 0; R small; S = 0
  [
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "30",
    "01000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
    false,
  ],
  // non-canonical-r: R y = p + 1, sign 0
  [
    "ba0cdb954ff98fff7353d70374835cde5973b462a24a36fcf11d7fa6522bb278",
    "30",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7fe8cabb8e9589dd3b544f9f8323f5cee80335b52a519c74e3f334bac49fc7a300",
    false,
  ],
  // off-curve-a: sign 0
  [
    "0200000000000000000000000000000000000000000000000000000000000000",
    "706c61696e",
    "34ac8b5cfd26e79a848426ab079862cd439065a35462e94973e247bf633208df4c57c9bd09d182da8a4defab175f44a5847e49266648fdea7b04dabf5755010d",
    false,
  ],
  // mixed-a: torsion 8, k A has none
  [
    "8854ba4b252b95a89c28a8f011997207c855040bc2414b47424ddc1214742572",
    "38",
    "481d17568b0b034bfa03dad7c6e2d8f7649567bb451fc2088dfae11f0870113285b8180b9fde0f7a9920c6fbd112338fd76690be3d0eba305258bf5aa34f5d08",
    true,
  ],
  // mixed-a: torsion 8, k A has some
  [
    "8854ba4b252b95a89c28a8f011997207c855040bc2414b47424ddc1214742572",
    "32",
    "481d17568b0b034bfa03dad7c6e2d8f7649567bb451fc2088dfae11f08701132d91eb658f4f21934a4b5d5d827b280f48bdae5b0348583720dba74729eafed07",
    false,
  ],
  // mixed-a-reduction: torsion 8, none once k is reduced modulo L
  [
    "8854ba4b252b95a89c28a8f011997207c855040bc2414b47424ddc1214742572",
    "30",
    "481d17568b0b034bfa03dad7c6e2d8f7649567bb451fc2088dfae11f08701132b2b1c64933b1714527711e133d7e835b05816fa25535468368bc73acef6a160d",
    true,
  ],
  // mixed-a-reduction: torsion 8, none only while k is not reduced modulo L
  [
    "8854ba4b252b95a89c28a8f011997207c855040bc2414b47424ddc1214742572",
    "31",
    "481d17568b0b034bfa03dad7c6e2d8f7649567bb451fc2088dfae11f087011324ad2a6f2a87e6f50b643bdc4a81f96c9282c05e7db82d9fa90f387b553064a06",
    false,
  ],
  // mixed-r: torsion 8
  [
    "ba0cdb954ff98fff7353d70374835cde5973b462a24a36fcf11d7fa6522bb278",
    "6d6978656420522038",
    "7c4ef72b41e9cf6a21f03764d357064e5c6a20275c7429c9de78f1b59420f286e3e752d1d3a4cd4ac8fa58219e7a8ca902eb3d0091cbbba27511a3bd765e9102",
    false,
  ],
];
