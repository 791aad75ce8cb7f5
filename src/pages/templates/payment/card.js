// The card is typed into Stripe's own frame: nothing of it is seen here.
"use strict";
const box = document.getElementById("card");
const form = document.getElementById("pay");
const told = document.getElementById("told");
const button = form.querySelector("button");
const stripe = Stripe(box.dataset.publishableKey);
const elements = stripe.elements({ clientSecret: box.dataset.clientSecret, locale: document.documentElement.lang });
elements.create("payment").mount(box);
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  told.textContent = "";
  // Stripe leads back to this page, which then looks at what Stripe says.
  const { error } = await stripe.confirmPayment({
    elements,
    confirmParams: { return_url: location.origin + location.pathname },
  });
  told.textContent = error ? error.message : "";
  button.disabled = false;
});
