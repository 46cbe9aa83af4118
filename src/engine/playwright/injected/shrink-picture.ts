/** Makes a JPEG smaller, base64 both, and reads the title of its page. */
export async function shrinkPicture({
  jpeg,
  maxWidth,
  maxHeight,
  quality,
}: {
  readonly jpeg: string;
  readonly maxWidth: number;
  readonly maxHeight: number;
  readonly quality: number;
}): Promise<{ jpeg: string; title: string }> {
  const bytes = Uint8Array.from(atob(jpeg), (character) => character.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/jpeg' }));
  const scale = Math.min(1, maxWidth / bitmap.width, maxHeight / bitmap.height);
  const canvas = new OffscreenCanvas(
    Math.max(1, Math.round(bitmap.width * scale)),
    Math.max(1, Math.round(bitmap.height * scale)),
  );
  const pen = canvas.getContext('2d');
  if (pen) {
    pen.imageSmoothingQuality = 'high';
    pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  }
  bitmap.close();
  const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: quality / 100 });
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve({ jpeg: String(reader.result).replace(/^[^,]*,/, ''), title: document.title });
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
