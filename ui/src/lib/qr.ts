import qrcode from 'qrcode-generator';

/** Free space around the code that readers need, in modules (ISO/IEC 18004). */
const QUIET = 4;

export interface QrCode {
  /** Side length with the free space, in modules. */
  size: number;
  /** Path data of the dark modules, one unit each. */
  path: string;
}

/** A text as QR code; `null` if it is longer than one can be. */
export function qrCode(text: string): QrCode | null {
  // The lowest level of error correction: a screen is neither torn nor dirty, and larger modules read better.
  const code = qrcode(0, 'L');
  code.addData(text);
  try {
    code.make();
  } catch {
    return null;
  }
  const count = code.getModuleCount();
  let path = '';
  for (let row = 0; row < count; row++) {
    // Neighbours in a row are one rectangle.
    for (let from = 0; from < count; from++) {
      let to = from;
      while (to < count && code.isDark(row, to)) to++;
      if (to > from) path += `M${from + QUIET} ${row + QUIET}h${to - from}v1h${from - to}z`;
      from = to;
    }
  }
  return { size: count + 2 * QUIET, path };
}
