/** Decodes base64 (RFC 4648, section 4) into bytes; throws an Error if the text is not base64. */
export function decodeBase64(text) {
  let binary;
  try {
    binary = atob(text);
  } catch {
    throw new Error("The data is not valid base64.");
  }
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
