//! What clients do.

use hitotsu::demo;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::goods::Goods;

/// One kind of load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// A page of products.
    List,
    /// One product with prices and live availability.
    Detail,
    /// A basket to an order, in the five calls of a storefront.
    Purchase,
    /// Every purchase takes the same variant.
    Hot,
    /// 300 buyers, 100 units, once.
    Flash,
    /// One product with what can be shipped and what each store offers of its variants.
    Stores,
    /// A cash sale of one thing at a paired till, in one call.
    Till,
    /// The page of an order of the demo, as the mails link to it.
    Page,
    /// The page on which a return of such an order is asked for.
    ReturnPage,
}

/// How one operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Done,
    /// Told by name that it cannot be, such as for want of stock.
    Refused,
    /// Anything else.
    Failed,
}

/// One client.
pub(crate) struct Client {
    pub(crate) http: reqwest::Client,
    pub(crate) base: String,
    pub(crate) name: String,
    /// SQL statements of the operation so far.
    pub(crate) statements: u64,
}

const LIST: &str =
    "{ products(first: 24) { nodes { id slug title image { url } priceRange { min { amount } max { amount } }
    availableForSale } pageInfo { hasNextPage endCursor } } }";
const DETAIL: &str = "query($slug: String!) { product(by: { slug: $slug }) { id title descriptionHtml variants {
    id title sku price { price { amount currencyCode } } quantityAvailable } } }";
const STORES: &str = "query($ids: [ID!]!) { availability(variantIds: $ids) { variantId online { inStock available }
    pickup { location { code name } inStore readyAt } } }";
const CREATE: &str =
    "mutation($input: CartCreateInput!) { cartCreate(input: $input) { cart { id total { amount currencyCode } }
    cartToken errors { code } } }";
const COMPLETE: &str =
    "mutation($input: CartCompleteInput!) { cartComplete(input: $input) { order { id number } errors { code } } }";

const SALE: &str = "mutation($input: PosSaleInput!) { posSale(input: $input) { order { id } errors { code } } }";
const SIGN_IN: &str = "mutation($input: StaffPinSignInInput!) { staffPinSignIn(input: $input) {
    session { accessToken } errors { code } } }";

/// Signs the demo's clerk in at the till; returns the bearer token.
pub(crate) async fn sign_in(base: &str, device: &str) -> String {
    let http = reqwest::Client::new();
    let request = http.post(format!("{base}/graphql/staff")).header("x-device-token", device);
    let mut client = Client { http: http.clone(), base: base.to_owned(), name: "sign-in".to_owned(), statements: 0 };
    let input = json!({ "email": "clerk@demo.example", "pin": demo::PIN });
    let data = client.answer(request, SIGN_IN, json!({ "input": input })).await.expect("an answer");
    data["staffPinSignIn"]["session"]["accessToken"].as_str().expect("the demo's clerk signs in").to_owned()
}

/// A mutation of a cart with one input.
fn edit(field: &str, input: &str) -> String {
    format!(
        "mutation($input: {input}!) {{ {field}(input: $input) {{ cart {{ id total {{ amount currencyCode }} }} errors {{ code }} }} }}"
    )
}

impl Work {
    pub(crate) const ALL: [Self; 6] = [Self::List, Self::Detail, Self::Purchase, Self::Hot, Self::Flash, Self::Till];

    /// Those that run only when they are named.
    const MORE: [Self; 3] = [Self::Stores, Self::Page, Self::ReturnPage];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Detail => "detail",
            Self::Purchase => "purchase",
            Self::Hot => "hot",
            Self::Flash => "flash",
            Self::Stores => "stores",
            Self::Till => "till",
            Self::Page => "page",
            Self::ReturnPage => "return-page",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().chain(Self::MORE).find(|work| work.name() == name)
    }

    pub(crate) fn names() -> String {
        Self::ALL.into_iter().chain(Self::MORE).map(Self::name).collect::<Vec<_>>().join(",")
    }
}

impl Client {
    /// Does it once. `number` makes keys and choices differ.
    pub(crate) async fn work(&mut self, work: Work, goods: &Goods, number: usize) -> Ended {
        let pick = |list: &[String], step: usize| list[(number * 7 + step * 13) % list.len()].clone();
        let two = [pick(&goods.ordinary, 0), pick(&goods.ordinary, 1)];
        let done = match work {
            Work::List => self.read(LIST, json!({}), "products").await,
            Work::Detail => self.read(DETAIL, json!({ "slug": pick(&goods.slugs, 0) }), "product").await,
            Work::Purchase => self.purchase(goods, &two, number).await,
            Work::Hot => self.purchase(goods, std::slice::from_ref(&goods.hot), number).await,
            Work::Flash => self.purchase(goods, std::slice::from_ref(&goods.flash), number).await,
            Work::Stores => self.stores(goods, number).await,
            Work::Till => self.sale(goods, number).await,
            Work::Page => self.page(&goods.order_pages, number).await,
            Work::ReturnPage => self.page(&goods.return_pages, number).await,
        };
        done.unwrap_or(Ended::Failed)
    }

    async fn read(&mut self, document: &str, variables: Value, field: &str) -> Option<Ended> {
        let data = self.send(None, document, variables).await?;
        (!data[field].is_null()).then_some(Ended::Done)
    }

    /// The page of a product that tells every store's stock: the product, then its variants' availability.
    async fn stores(&mut self, goods: &Goods, number: usize) -> Option<Ended> {
        let slug = &goods.slugs[(number * 7) % goods.slugs.len()];
        let data = self.send(None, DETAIL, json!({ "slug": slug })).await?;
        let variants = data["product"]["variants"].as_array()?;
        let ids: Vec<&Value> = variants.iter().map(|variant| &variant["id"]).collect();
        let data = self.send(None, STORES, json!({ "ids": ids })).await?;
        (data["availability"].as_array()?.len() == ids.len()).then_some(Ended::Done)
    }

    async fn page(&mut self, paths: &[String], number: usize) -> Option<Ended> {
        let path = &paths[(number * 7) % paths.len()];
        let answer = self.http.get(format!("{}{path}", self.base)).send().await.ok()?;
        let statements = answer.headers().get("x-sql-statements").and_then(|value| value.to_str().ok()?.parse().ok());
        self.statements += statements.unwrap_or(0);
        (answer.status() == StatusCode::OK && answer.text().await.ok()?.contains("<h1>")).then_some(Ended::Done)
    }

    async fn purchase(&mut self, goods: &Goods, variants: &[String], number: usize) -> Option<Ended> {
        let lines: Vec<_> =
            variants.iter().map(|id| json!({ "variantId": id, "quantity": 1, "delivery": "SHIP" })).collect();
        let created = self.send(None, CREATE, json!({ "input": { "lines": lines } })).await?;
        let created = &created["cartCreate"];
        let (id, token) = (created["cart"]["id"].as_str()?, created["cartToken"].as_str()?);
        let address = json!({
            "familyName": "山田", "givenName": "花子", "familyNameKana": "ヤマダ", "givenNameKana": "ハナコ", "country": "JP",
            "postalCode": "150-0002", "region": "東京都", "city": "渋谷区", "line1": "渋谷2-21-1", "phone": "+81312345678",
        });
        let steps = [
            (
                "cartContactSet",
                "CartContactSetInput",
                json!({ "cartId": id, "email": "load@example.com", "contactName": "山田 花子" }),
            ),
            ("cartAddressSet", "CartAddressSetInput", json!({ "cartId": id, "shippingAddress": address })),
            (
                "cartShippingMethodSet",
                "CartShippingMethodSetInput",
                json!({ "cartId": id, "shippingMethodId": goods.shipping_method }),
            ),
        ];
        let mut total = Value::Null;
        for (field, input_type, input) in steps {
            let data = self.send(Some(token), &edit(field, input_type), json!({ "input": input })).await?;
            total = data[field]["cart"]["total"].clone();
            if total.is_null() {
                return None;
            }
        }
        let input = json!({
            "cartId": id,
            "expectedTotal": total,
            "payments": [{ "gateway": "TEST" }],
            "idempotencyKey": format!("{}-{number}", self.name),
        });
        let done = self.send(Some(token), COMPLETE, json!({ "input": input })).await?;
        let done = &done["cartComplete"];
        match (done["order"]["id"].as_str(), done["errors"][0]["code"].as_str()) {
            (Some(_), _) => Some(Ended::Done),
            (None, Some("INSUFFICIENT_STOCK")) => Some(Ended::Refused),
            _ => None,
        }
    }

    async fn sale(&mut self, goods: &Goods, number: usize) -> Option<Ended> {
        let input = json!({
            "lines": [{ "variantId": goods.till, "quantity": 1 }],
            "payments": [{ "gateway": "CASH" }],
            "idempotencyKey": format!("{}-{number}", self.name),
        });
        let request = self.http.post(format!("{}/graphql/staff", self.base)).bearer_auth(&goods.clerk);
        let request = request.header("x-device-token", &goods.device);
        let sold = self.answer(request, SALE, json!({ "input": input })).await?;
        sold["posSale"]["order"]["id"].as_str().map(|_| Ended::Done)
    }

    async fn send(&mut self, token: Option<&str>, document: &str, variables: Value) -> Option<Value> {
        let mut request = self.http.post(format!("{}/graphql", self.base)).header("x-channel", "online-jp");
        if let Some(token) = token {
            request = request.header("x-cart-token", token);
        }
        self.answer(request, document, variables).await
    }

    async fn answer(&mut self, request: RequestBuilder, document: &str, variables: Value) -> Option<Value> {
        let body = json!({ "query": document, "variables": variables }).to_string();
        let request = request.header("content-type", "application/json").body(body);
        let answer = request.send().await.ok()?;
        let statements =
            answer.headers().get("x-sql-statements").and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        self.statements += statements.unwrap_or(0);
        if answer.status() != StatusCode::OK {
            return None;
        }
        let mut body: Value = serde_json::from_str(&answer.text().await.ok()?).ok()?;
        body["errors"].is_null().then(|| body["data"].take())
    }
}
