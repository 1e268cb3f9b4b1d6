"""The page of `seqmeta report html` in a real browser: clicked through, searched, sorted, filtered, without a mouse."""

import shutil
import time

import pytest
from lab import RUN_ID
from ordering import OrderLab, order, progress, submission
from reading import ORDER, events, tell_story

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
from selenium.webdriver.common.by import By  # noqa: E402 - only where it is installed
from selenium.webdriver.common.keys import Keys  # noqa: E402

MANY = 120


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium, wide enough for the widest table."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("no chromium with chromedriver on this machine")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for word in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--window-size=1300,1000",
    ):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    opened = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield opened
    opened.quit()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("pages")


def write_page(lab, path):
    code, _, err = lab.call("report", "html", "-o", str(path))
    assert (code, err) == (0, "")
    return path


@pytest.fixture(scope="module")
def story(folder):
    """The page of one order that was sequenced."""
    return write_page(tell_story(folder / "story"), folder / "story.html")


@pytest.fixture(scope="module")
def busy(folder):
    """The page of many orders, each in a submission of its own; the first ten have begun."""
    lab = OrderLab(folder / "busy")
    bought = [order(f"order {n}", study="Cohort" if n % 3 else "Other study") for n in range(MANY)]
    placed = [submission(f"order {n}", name=f"submission {n}", priority=n % 4) for n in range(MANY)]
    lab.good(*bought, *placed)
    begun = [progress(*events("tube1 creation start"), of=f"submission {n}") for n in range(10)]
    lab.good(*bought, *placed, *begun)
    return write_page(lab, folder / "busy.html")


@pytest.fixture
def visit(browser):
    """Open a page at a place in it; afterwards nothing may have been complained about in the console."""

    def visit(path, place=""):
        browser.get("about:blank")
        browser.get(f"{path.as_uri()}#{place}")
        return browser

    yield visit
    complaints = [entry["message"] for entry in browser.get_log("browser")]
    assert complaints == []


def shown(browser):
    """The view that is to be seen."""
    (view,) = [of for of in browser.find_elements(By.CSS_SELECTOR, ".view") if of.is_displayed()]
    return view


def cells(browser, column=0):
    script = "return [...arguments[0].querySelectorAll('tbody tr')].map((row) => row.cells[arguments[1]].textContent)"
    return browser.execute_script(script, shown(browser), column)


def status(browser):
    return shown(browser).find_element(By.CSS_SELECTOR, "[role=status]").text


def heading(browser):
    return shown(browser).find_element(By.TAG_NAME, "h2").text


def comes(browser, text):
    """Whether what is shown comes to have this heading: a busy machine takes a while to show what was asked for."""
    deadline = time.monotonic() + 20
    while heading(browser) != text and time.monotonic() < deadline:
        time.sleep(0.01)
    return heading(browser) == text


def sort_button(browser, text):
    return next(of for of in shown(browser).find_elements(By.CSS_SELECTOR, "thead button") if of.text == text)


def type_into_search(browser, text):
    search = shown(browser).find_element(By.CSS_SELECTOR, "input[type=search]")
    search.clear()
    search.send_keys(text)


def test_the_overview_has_numbers_and_drawings_of_a_size(visit, story):
    page = visit(story)
    assert comes(page, "Overview")
    drawings = shown(page).find_elements(By.CSS_SELECTOR, "svg[role=img]")
    assert drawings
    assert all(of.size["width"] > 300 and of.size["height"] > 30 for of in drawings)
    tiles = [of.text.replace("\n", " ") for of in shown(page).find_elements(By.CSS_SELECTOR, ".tiles a")]
    assert tiles[0].startswith("1 submission ")
    assert tiles[4].startswith("2 studies ")


def test_from_the_order_to_its_run_and_back(visit, story):
    page = visit(story)
    page.find_element(By.LINK_TEXT, "Orders").click()
    page.find_element(By.LINK_TEXT, "o1").click()
    assert comes(page, "Order o1")
    assert ORDER in shown(page).text
    page.find_element(By.LINK_TEXT, "first run").click()
    assert comes(page, "Run first run")
    assert RUN_ID in shown(page).text
    page.find_element(By.LINK_TEXT, "o1").click()
    assert comes(page, "Order o1")
    page.back()
    assert comes(page, "Run first run")
    assert page.title.startswith("Run first run")


def test_a_link_that_leads_nowhere_says_so(visit, story):
    page = visit(story, "order/00000000-0000-0000-0000-000000000001")
    assert comes(page, "Not found")


@pytest.mark.parametrize("place", ["", "nowhere", "constructor", "__proto__/x", "order?%22", "%E0%A4%A"])
def test_any_fragment_shows_something(visit, story, place):
    assert heading(visit(story, place))


def test_many_rows_come_in_pages(visit, busy):
    page = visit(busy, "orders")
    assert (len(cells(page)), status(page)) == (50, f"1 to 50 of {MANY}")
    buttons = {of.text: of for of in shown(page).find_elements(By.CSS_SELECTOR, ".pager button")}
    assert [name for name, of in buttons.items() if of.is_enabled()] == ["Next", "Last"]
    buttons["Last"].click()
    assert (len(cells(page)), status(page)) == (20, f"101 to {MANY} of {MANY}")
    buttons["Previous"].click()
    assert status(page) == f"51 to 100 of {MANY}"


def test_search_takes_words_in_any_case_and_uuids(visit, busy, story):
    page = visit(busy, "submissions")
    type_into_search(page, "SUBMISSION 11")
    assert sorted(cells(page)) == sorted(["submission 11", *(f"submission 11{n}" for n in range(10))])
    type_into_search(page, "nobody has this")
    assert cells(page) == ["Nothing matches."]
    page = visit(story, "orders")
    type_into_search(page, ORDER[:13])
    assert cells(page) == ["o1"]


def test_sorting_goes_up_and_down_and_says_so(visit, busy):
    page = visit(busy, "submissions")
    for direction, expected in (("ascending", "0"), ("descending", "3")):
        sort_button(page, "Priority").click()
        heads = shown(page).find_elements(By.CSS_SELECTOR, "th[aria-sort]")
        assert [of.get_attribute("aria-sort") for of in heads].count(direction) == 1
        assert set(cells(page, 2)[:30]) == {expected}
    sort_button(page, "Submission").click()
    assert cells(page)[:12] == [f"submission {n}" for n in range(12)], "numbers in names count as numbers"


def test_filters_narrow_and_show_all_takes_them_away(visit, busy):
    page = visit(busy, "waiting")
    (waits_for,) = [
        of for of in shown(page).find_elements(By.TAG_NAME, "select") if of.get_attribute("id").endswith("waits_for")
    ]
    waits_for.send_keys("its result")
    assert status(page).startswith("1 to 10 of 10")
    next(of for of in shown(page).find_elements(By.TAG_NAME, "button") if of.text == "Show all").click()
    assert status(page) == f"1 to 50 of {2 * MANY}"


def test_a_link_may_carry_filter_and_search(visit, busy):
    page = visit(busy, "orders?study=Other%20study&q=order%201")
    assert set(cells(page, 3)) == {"Other study"}
    assert cells(page)
    assert all("1" in name for name in cells(page))


def test_without_a_mouse(visit, busy):
    page = visit(busy)
    keys = page.switch_to.active_element
    keys.send_keys(Keys.TAB)
    assert page.switch_to.active_element.text == "Skip to the overview"
    for _ in range(2):
        page.switch_to.active_element.send_keys(Keys.TAB)
    page.switch_to.active_element.send_keys(Keys.TAB)
    assert page.switch_to.active_element.text == "Orders"
    page.switch_to.active_element.send_keys(Keys.ENTER)
    assert comes(page, "Orders")
    assert page.switch_to.active_element.get_attribute("id") == "head-orders", "a screen reader reads on from here"
    page.switch_to.active_element.send_keys("/")
    assert page.switch_to.active_element.get_attribute("type") == "search"
    page.switch_to.active_element.send_keys("order 7/")
    assert page.switch_to.active_element.get_attribute("value") == "order 7/", "in a field it is a character"
    page.execute_script("arguments[0].focus()", sort_button(page, "Order"))
    page.switch_to.active_element.send_keys(Keys.ENTER)
    assert shown(page).find_element(By.CSS_SELECTOR, "th[aria-sort=ascending]").text == "Order"


def test_every_control_has_a_name(visit, busy):
    page = visit(busy)
    for view in ("submissions", "orders", "waiting", "runs", "charges", "studies", "notices"):
        page.find_element(By.CSS_SELECTOR, f"#nav a[href='#{view}']").click()
        assert (
            page.find_element(By.CSS_SELECTOR, "#nav a[aria-current=page]").get_attribute("href").endswith(f"#{view}")
        )
        controls = shown(page).find_elements(By.CSS_SELECTOR, "input, select, button, [role=region], table")
        assert all(of.accessible_name for of in controls)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_by_day_and_by_night(browser, visit, story, scheme):
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    page = visit(story, "orders")
    for selector in ("h2", "th[scope=row] a", "td", "#nav a", ".controls label", "header p"):
        element = page.find_element(
            By.CSS_SELECTOR,
            f"#view-orders {selector}" if "nav" not in selector and "header" not in selector else selector,
        )
        assert contrast(page, element) >= 4.5, selector
    ground = luminance(page.find_element(By.TAG_NAME, "body").value_of_css_property("background-color"))
    assert (ground < 0.1) == (scheme == "dark")


def luminance(colour):
    """The relative luminance of a colour (WCAG 2.2)."""
    parts = [int(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(page, element):
    """The contrast ratio of an element's text on the page's ground (WCAG 2.2)."""
    ground = page.find_element(By.TAG_NAME, "body").value_of_css_property("background-color")
    lighter, darker = sorted([luminance(element.value_of_css_property("color")), luminance(ground)], reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_nothing_sticks_out_on_a_small_screen(visit, busy, browser):
    size = {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        page = visit(busy, "orders")
        for view in ("orders", "overview"):
            page.find_element(By.CSS_SELECTOR, f"#nav a[href='#{view}']").click()
            assert page.execute_script("return document.documentElement.scrollWidth") <= 390
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_hostile_text_is_only_text(visit, folder):
    lab = OrderLab(folder / "hostile")
    name = '</script><img src=x onerror="document.title=1"><b>bold</b>'
    lab.good(order(name, comments="<script>document.title = 2</script>"), submission(name, name=name))
    page = visit(write_page(lab, folder / "hostile.html"), "orders")
    assert cells(page) == [name]
    page.find_element(By.LINK_TEXT, name).click()
    assert comes(page, f"Order {name}")
    assert "<script>" in shown(page).text
    assert page.title.endswith("Sequencing work")
    assert page.execute_script("return document.querySelectorAll('img, b:not(.tiles b)').length") == 0


def test_the_policy_holds(browser, visit, story):
    page = visit(story)
    blocked = """
        const done = arguments[0];
        addEventListener("securitypolicyviolation", (event) => done(event.effectiveDirective));
        fetch("https://example.org/").catch(() => {});
    """
    assert page.execute_async_script(blocked) == "connect-src"
    browser.get_log("browser")  # the complaint that was asked for
