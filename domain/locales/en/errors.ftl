# Messages of error codes.

error-not-found = There is no such thing, or it is not yours.
error-unauthenticated = Sign in first.
error-forbidden = You may not do this.
error-throttled = Too many tries. Try again in { $seconds } seconds.
error-busy = The server is too busy; try again.
error-internal = Something went wrong on our side.
error-required = { $problem ->
    [choice] Please choose one.
    [units] Please say of at least one item how many you return.
   *[other] A value is missing.
}
error-invalid = A value is not of the form it must have.
error-invalid-text = The text holds characters that are not allowed.
error-text-too-long = Use at most { $max } characters.
error-contrast-too-low = The text cannot be read well on this color: the contrast is { $contrast } to 1, at least 4.5 to 1 is needed.
error-template-invalid = { $problem ->
    [unknown-variable] Line { $line }: this message has no such value ({ $detail }).
    [syntax] Line { $line }: { $detail }
    [block] Line { $line }: { $detail } is not allowed here; only if, for and include are.
    [operator] Line { $line }: { $detail } is not allowed in expressions; write values one after the other.
    [too-long] Line { $line }: an expression is longer than { $detail } bytes.
    [mjml] The MJML cannot be read: { $detail }
    [markup] { $detail } is not allowed in a message.
    [one-line] The subject must be one line.
    [control] It holds characters that cannot be shown.
    [empty] Nothing is written here.
    [too-large] It is too long: { $detail }
    [too-expensive] Filling it in takes too long.
    [no-preferences-link] The link by which people end such messages is missing: links.preferences.
    [no-cancel-link] The link by which people end it is missing: mail.cancel.
    [no-code] The code is missing: nobody could use the message without it.
   *[other] It cannot be used.
}
error-too-many = { $problem ->
    [pictures] At most { $max } photos of one item.
    [pictures-in-all] At most { $max } photos in all.
   *[other] Too many; at most { $max }.
}
error-invalid-id = The id is not one of this kind.
error-invalid-quantity = The quantity is not allowed.
error-not-returnable = { $reason ->
    [NOT_FULFILLED] These goods have not reached the customer yet.
    [ALREADY_RETURNED] These goods came back or are on their way back already.
    [FINAL_SALE] These goods are sold for good and cannot be returned.
    [WINDOW_OVER] The time for returning these goods is over.
    [USED] Used goods cannot be returned.
    [METHOD_NOT_OFFERED] These goods cannot be returned in this way.
   *[other] These goods cannot be returned.
}
error-returns-not-accepted = This location does not take goods back.
error-photo-required = Please add a photo.
error-return-limit-reached = As much as is allowed in 30 days was returned without a receipt already.
error-already-answered = It was answered already. Thank you.
error-not-reviewable = These goods cannot be reviewed: they are not with you yet, were canceled, or went back.
error-already-reviewed = You have reviewed this already.
error-invalid-amount = The amount is not allowed in this currency.
error-currency-mismatch = The currency is not the one of the channel, cart or order.
error-invalid-email = The e-mail address is not valid.
error-invalid-phone = The phone number is not valid.
error-invalid-barcode = The barcode has a wrong length or check digit.
error-invalid-date = The date or time does not exist.
error-invalid-locale = The locale is not a language tag.
error-invalid-country = The country is not an ISO 3166-1 code.
error-invalid-postal-code = The postal code does not fit the country.
error-invalid-metadata = The metadata has a bad key, is too long or has too many entries.
error-invalid-cursor = The cursor was not made by this list.
error-invalid-file = { $problem ->
    [picture-type] This is no photo that we can read. Please choose { $detail }.
    [picture-size] The photo is too large. Please choose photos of at most { $max } MB each.
   *[other] The file cannot be read.
}
error-address-incomplete = The address misses: { $parts }.
error-weak-password = The password is too short, too long or too common.
error-invalid-credentials = The address, password, PIN or code is wrong.
error-invalid-code = { $problem ->
    [gift-card] There is no gift card with this code. Please check the code.
   *[other] The code or link is wrong, used or too old.
}
error-session-expired = The session is over; sign in again.
error-already-exists = Another one has this name or number.
error-in-use = It is still used by something else.
error-invalid-transition = Not possible while it is { $from }.
error-stale-version = Somebody else changed it meanwhile; read it again.
error-stock-changed = The stock has changed (now { $actual }); read it again.
error-unit-numbers-required = Serial or lot numbers of the units that leave are needed.
error-not-in-count = The goods are not part of this count, or not of its present round.
error-count-incomplete = { $count } goods that should lie there were not counted yet.
error-count-unsettled = Stock of { $count } goods moved while they were counted; count them again.
error-counted-by-yourself = Somebody else must accept what you counted.
error-insufficient-stock = Not enough stock: { $requested } wanted, { $available } available.
error-price-changed = The total changed from { $expected } to { $actual }.
error-not-for-sale = It is not sold in this channel.
error-cart-empty = The cart is empty.
error-cart-closed = The cart was completed or merged already.
error-contact-required = An e-mail address or phone number is needed.
error-shipping-address-required = A shipping address is needed.
error-shipping-method-required = A shipping method is needed.
error-shipping-method-unavailable = The shipping method is not offered for this cart.
error-pickup-unavailable = The location does not hand over orders.
error-pickup-work = The customer collects this; use the steps of its pickup.
error-unpack-first = Units of it are packed; unpack them first.
error-not-in-work = These goods are not part of this work.
error-parcel-mismatch = One parcel goes from one location to one recipient.
error-nothing-to-pick = Nothing is left to pick.
error-pick-incomplete = Something on the list was neither fetched nor found short.
error-rejected-there = That location gave it back before.
error-already-dispatched = Some of it has left already.
error-carry-out-only-at-till = Goods are carried out only at a till.
error-payment-mismatch = The payments do not add up to the total ({ $total }).
error-refund-mismatch = { $problem ->
    [difference] The difference is not the one you saw; look at it again.
   *[other] The refund is not the one you expected; look at it again.
}
error-payment-declined = The payment was declined.
error-payment-unavailable = The payment did not answer in time; nothing was charged.
error-gateway-unavailable = The gateway is not offered here.
error-code-not-accepted = No promotion knows this code.
error-code-expired = The code does not hold any more, or not yet.
error-code-used-up = The code was used as often as it may be.
error-code-not-applicable = The code does not fit this cart or customer.
error-tax-rate-missing = No tax rate is known for these goods there.
error-idempotency-key-reused = The key was used with another input.
error-idempotency-in-progress = The first call with this key still runs.
error-identifier-taken = A customer already uses it.
error-device-unknown = The till is not paired or was given up.
error-demo-password-refused = The demo's password is refused outside the demo.
error-invalid-bundle = A bundle cannot be built like this.
error-invalid-document = The document cannot be executed.
error-too-complex = The document is too large, too deep or too complex.
error-persisted-query-not-found = The persisted document is not known.
error-untrusted-document = Only trusted documents run here.
error-provider = A provider outside did not answer as it should.
error-delivery-time-unavailable = The delivery day or time is not offered, or not any more. Choose another one.
error-invalid-tracking-number = This carrier has no such tracking number. Check every digit.
error-register-session-required = The drawer of this till is closed. Open it before you sell.
error-register-session-open = The drawer of this till is open already.
error-insufficient-cash = There is not enough cash in the drawer.
error-approval-required = Somebody else who may allow it must confirm this.
error-insufficient-balance = There is not enough left: { $available } can be used.
error-gift-card-unusable = This gift card cannot be used: it is not paid yet, blocked or too old.
error-gift-card-used = This gift card was used, so it cannot be taken back.
error-sms-unavailable = This shop cannot send text messages.
error-invalid-flow = { $problem ->
    [object] An object is needed here.
    [list] A list is needed here.
    [too-long] It is too long.
    [too-many] The list is too long.
    [missing] { $detail } is missing.
    [unknown-field] There is no such field.
    [unknown-word] { $detail } is not one of the words that are possible here.
    [unreadable] It cannot be read: { $detail }
    [built-in] Such flows come with the product and have only a switch.
    [no-steps] A flow needs a step.
    [step-name] The name of a step has 1 to 40 small letters, digits, - and _.
    [name-taken] Another step has this name.
    [no-later-step] No later step is named { $detail }.
    [range] { $detail } is possible.
    [event-count] 1 to 10 events are needed.
    [unknown-event] Flows do not hear of such events.
    [not-seen] OPENED or CLICKED is possible.
    [span] A minute to 400 days is possible.
    [time-of-day] A time such as 10:00 is needed.
    [unknown-survey] No survey has this code.
    [survey-unfit] Only the message engaged leads to a survey; use a step of kind SURVEY.
    [url] A plain https address is needed.
    [mail-only] This message goes by EMAIL only.
    [channel] EMAIL, LINE or SMS is possible.
    [group-count] At most 10 groups are possible.
    [groups-differ] The groups of a flow are the same in each of its steps.
    [group-name] A group needs a name of its own, 20 characters at most.
    [survey-step] Questions are asked by a step of kind SURVEY.
    [unknown-message] Flows do not send such a message.
    [message-unfit] What starts the flow does not bring what this message tells of.
    [total] A currency and a range are needed.
    [locales] Language tags such as ja are needed.
    [countries] Codes of countries such as JP are needed.
    [nothing-sent] Nothing was sent yet when this is looked at.
    [unknown-code] There is no such code.
   *[other] The flow cannot be followed as it is written.
}
error-consent-wording-missing = Write what people agree to first: no channel has a consent wording yet.
