// Asks for the place of the reader, only when the button is tapped; the answer goes into the address and nowhere else.

const WITHIN_MS = 15_000; // Larger: somebody waits in the sun. Smaller: a phone indoors has found no satellite yet.
const OLD_ENOUGH_MS = 120_000;
const REFUSED = 1;

export function offerPlace() {
  const button = document.getElementById("near");
  if (!button || !("geolocation" in navigator)) return;
  const trouble = document.getElementById("near-trouble");
  const label = button.querySelector("span");
  const words = label.textContent;
  button.hidden = false;
  button.addEventListener("click", () => {
    button.setAttribute("aria-busy", "true");
    label.textContent = button.dataset.asking;
    trouble.hidden = true;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        const target = new URL(button.dataset.target, location.href);
        target.searchParams.delete("region");
        // Four decimals are about ten metres: enough to sort stations, and no more than that.
        target.searchParams.set("near", `${coords.latitude.toFixed(4)},${coords.longitude.toFixed(4)}`);
        location.assign(target);
      },
      (error) => {
        button.removeAttribute("aria-busy");
        label.textContent = words;
        trouble.textContent = error.code === REFUSED ? button.dataset.refused : button.dataset.failed;
        trouble.hidden = false;
      },
      { timeout: WITHIN_MS, maximumAge: OLD_ENOUGH_MS },
    );
  });
}
