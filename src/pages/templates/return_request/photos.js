// Pictures of phones are larger than we take: they are made smaller before they are sent. Without scripts the page works,
// too; then pictures must be small already.
"use strict";
const longest = 1600;
const largest = 1000 * 1000;

async function smaller(file) {
  if (file.size <= largest || !file.type.startsWith("image/")) return file;
  const image = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, longest / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(image.width * scale);
  canvas.height = Math.round(image.height * scale);
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.8));
  return blob ? new File([blob], "photo.jpg", { type: "image/jpeg" }) : file;
}

for (const input of document.querySelectorAll("form[data-photos] input[type=file]")) {
  input.addEventListener("change", async () => {
    const button = input.form.querySelector("button");
    button.disabled = true;
    try {
      const kept = new DataTransfer();
      for (const file of input.files) kept.items.add(await smaller(file));
      input.files = kept.files;
    } catch {
      // What cannot be made smaller is sent as it is; the server says when it is too large.
    } finally {
      button.disabled = false;
    }
  });
}
