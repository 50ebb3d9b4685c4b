#!/usr/bin/env python3
"""Opens a board's pages in Chromium: widths, sorting, search, columns, links, keyboard, dark, print, without script.

Usage: pages_test.py JOULEBENCH MAKE_BOARD. JOULEBENCH_UPDATE_GOLDEN=1 takes over how the pages look now. Skips (77) where chromium, its driver or python3-selenium is missing. axe-core
is taken from npm's registry where it can be had; without it the test says so and goes on.
"""
import base64
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import unittest
import zlib

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import Select
    from selenium.webdriver.common.keys import Keys
except ImportError:
    webdriver = None

WIDTHS = (320, 390, 700, 1280, 1920)
FOLDER = None  # of everything made here
SITE = TRACKS = LARGE = COMMON = None
LOOKS = pathlib.Path(__file__).parent / "golden" / "looks.json"
CONTRASTS = {"light": [], "dark": [{"name": "prefers-color-scheme", "value": "dark"}],
             "high contrast": [{"name": "prefers-contrast", "value": "more"}],
             "forced colours": [{"name": "forced-colors", "value": "active"}]}


# Run before a page's own scripts, and after it has settled: first paint and end of the scripts in ms since the
# navigation began, layout shift.
OBSERVE = ("self.shift = 0; new PerformanceObserver(list => { for (const one of list.getEntries()) shift += one.value; })"
           ".observe({type: 'layout-shift', buffered: true});"
           "new PerformanceObserver(list => { for (const one of list.getEntries()) self[one.name] = one.startTime; })"
           ".observe({type: 'paint', buffered: true});")
OBSERVED = ("const one = performance.getEntriesByType('navigation')[0]; return [self['first-contentful-paint'] || 0, "
            "one.domContentLoadedEventEnd, self.shift]")


def bytes_of(page):
    """Of a page with all that it loads."""
    return sum((page.parent / name).stat().st_size for name in (page.name, "style.css", "board.js")
               if (page.parent / name).is_file())


def make_site(programs, entries, kind):
    folder = FOLDER / f"board-{kind}"
    subprocess.run([programs[1], str(folder), str(entries), "2", kind], check=True, stdout=subprocess.DEVNULL)
    site = FOLDER / f"site-{kind}"
    subprocess.run([programs[0], "board", "site", str(site), "--db", str(folder / "board.db")], check=True,
                   stdout=subprocess.DEVNULL)
    return site


def grey_of(png):
    """The rows of a small PNG as grey values, 0 to 1; Debian's Python alone reads no pictures."""
    data, at, width, channels, packed = png, 8, 0, 0, b""
    while at < len(data):
        length, kind = int.from_bytes(data[at:at + 4], "big"), data[at + 4:at + 8]
        chunk = data[at + 8:at + 8 + length]
        if kind == b"IHDR":
            width, channels = int.from_bytes(chunk[:4], "big"), {0: 1, 2: 3, 6: 4}[chunk[9]]
        packed += chunk if kind == b"IDAT" else b""
        at += 12 + length
    raw, stride, rows, above = zlib.decompress(packed), width * channels, [], None
    for begin in range(0, len(raw), stride + 1):
        row, above = bytearray(raw[begin + 1:begin + 1 + stride]), above or bytearray(stride)
        for i in range(stride):
            left, corner = (row[i - channels], above[i - channels]) if i >= channels else (0, 0)
            guess = left + above[i] - corner
            paeth = min((left, above[i], corner), key=lambda one: abs(guess - one))
            row[i] = (row[i] + (0, left, above[i], (left + above[i]) // 2, paeth)[raw[begin]]) & 255
        rows.append([sum(row[i:i + min(channels, 3)]) / min(channels, 3) / 255 for i in range(0, stride, channels)])
        above = row
    return rows


def difference_of(look, other):
    """How far two looks lie apart: the mean over all cells, 0 to 1."""
    if [len(row) for row in look] != [len(row) for row in other]:
        return 1.0
    cells = [abs(int(a, 16) - int(b, 16)) / 15 for one, two in zip(look, other) for a, b in zip(one, two)]
    return sum(cells) / len(cells)


def make_driver():
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ("--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run",
                     "--disable-background-networking", f"--user-data-dir={FOLDER}/profile"):
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(service=Service(DRIVER), options=options)


def axe_script():
    """axe-core's source from npm's registry; None: it cannot be had."""
    npm = shutil.which("npm")
    if npm is None:
        return None
    done = subprocess.run([npm, "pack", "--silent", "--fetch-retries=0", "--fetch-timeout=8000", "axe-core@4"], cwd=FOLDER,
                          capture_output=True, timeout=40)
    archives = list(FOLDER.glob("axe-core-*.tgz"))
    if done.returncode != 0 or not archives:
        return None
    with tarfile.open(archives[0]) as archive:
        return archive.extractfile("package/axe.min.js").read().decode()


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.driver = make_driver()
        cls.addClassCleanup(cls.driver.quit)
        cls.driver.get("about:blank")
        for kind in ("browser", "performance"):  # of the browser's own first page
            cls.driver.get_log(kind)
        cls.index = SITE / "index.html"
        cls.entry = next(SITE.glob("entries/*/pruned-1.html"))
        cls.baseline = SITE / "entries/reference/logistic-regression.html"
        cls.pages = {"first page": cls.index, "entry": cls.entry, "failed entry": cls.of_failed(),
                     "how": SITE / "how.html", "compare": SITE / "compare.html", "overview": TRACKS / "index.html",
                     "one of two tracks": TRACKS / "test" / "letters" / "index.html",
                     "further page": LARGE / "page-2.html", "not ranked": LARGE / "not-ranked.html"}

    @classmethod
    def of_failed(cls):
        entries = json.loads((SITE / "board.json").read_text())["unranked"]
        failed = next(one["entry_id"] for one in entries if one["outcome"] == "crash")
        return next(path.with_suffix(".html") for path in SITE.glob("entries/*/*.json") if failed in path.read_text())

    def tearDown(self):
        """No page says anything on the console or asks anyone else for anything."""
        problems = [entry["message"] for entry in self.driver.get_log("browser") if "favicon" not in entry["message"]]
        self.assertEqual(problems, [])
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                url = message["params"]["request"]["url"]
                self.assertTrue(url.startswith(("file://", "data:", "http://127.0.0.1")), url)
        self.command("Emulation.clearDeviceMetricsOverride", {})
        self.command("Emulation.setEmulatedMedia", {"media": "", "features": []})
        self.command("Emulation.setScriptExecutionDisabled", {"value": False})

    def command(self, name, arguments):
        return self.driver.execute_cdp_cmd(name, arguments)

    def open(self, path, width=1280, fragment=""):
        self.command("Emulation.setDeviceMetricsOverride",
                     {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 700})
        self.driver.get("about:blank")
        self.driver.get(path.as_uri() + fragment)

    def run_script(self, text, *arguments):
        return self.driver.execute_script(text, *arguments)

    def names(self):
        return self.run_script("return [...document.querySelectorAll('.board tbody tr:not([hidden]) th a')]"
                               ".map(a => a.textContent)")

    def look_of(self, path, width):
        """A page's upper part in few cells of 16 greys: letters are too small to count, what stands where is not."""
        self.open(path, width)
        picture = self.command("Page.captureScreenshot", {"format": "png", "clip": {
            "x": 0, "y": 0, "width": width, "height": 900, "scale": 0.04}})["data"]
        return ["".join(f"{round(15 * grey):x}" for grey in row) for row in grey_of(base64.b64decode(picture))]

    def test_pages_look_as_they_did(self):
        looks = {f"{name} at {width}": self.look_of(self.pages[name], width)
                 for name in ("first page", "entry", "compare") for width in (390, 1280)}
        if os.environ.get("JOULEBENCH_UPDATE_GOLDEN"):
            LOOKS.write_text(json.dumps(looks, indent=0) + "\n")
        for name, known in json.loads(LOOKS.read_text()).items():
            self.assertLess(difference_of(looks[name], known), 0.03, name)
        self.assertGreater(difference_of(looks["first page at 390"], looks["entry at 390"]), 0.03, "all look alike")

    def test_no_page_scrolls_sideways_at_any_width(self):
        for name, path in self.pages.items():
            for width in WIDTHS:
                self.open(path, width)
                wide = self.run_script("return document.documentElement.scrollWidth")
                self.assertLessEqual(wide, width, f"{name} at {width}")

    def test_rows_are_cards_on_a_phone_and_a_table_elsewhere(self):
        for width, display in ((390, "grid"), (1280, "table-row")):
            self.open(self.index, width)
            self.assertEqual(self.run_script("return getComputedStyle(document.querySelector('.board tbody tr')).display"),
                             display)
        self.open(self.index, 390)
        boxes = self.run_script("return [...document.querySelectorAll('.board tbody tr')].slice(0, 5).map(r => "
                                "[...r.cells].map(c => c.getBoundingClientRect()).filter(b => b.width).map(b => [b.left, b.right]))")
        for card in boxes:
            self.assertTrue(all(0 <= left and right <= 391 for left, right in card), card)

    def test_sorting_keeps_its_state_in_the_address(self):
        self.open(self.index)
        before = self.names()
        header = self.driver.find_element(By.CSS_SELECTOR, ".board th.a button")
        header.click()
        values = self.run_script("return [...document.querySelectorAll('.board td.a')].map(c => parseFloat(c.textContent))")
        self.assertEqual(values, sorted(values))
        header.click()
        falling = self.names()
        self.assertNotEqual(before, falling)
        self.assertEqual(self.driver.find_element(By.CSS_SELECTOR, ".board th.a").get_attribute("aria-sort"), "descending")
        self.open(self.index, fragment="#" + self.driver.current_url.partition("#")[2])
        self.assertEqual(self.names(), falling)

    def test_cards_are_sorted_by_a_choice_that_stands_for_the_header(self):
        self.open(self.index)
        self.assertFalse(self.driver.find_element(By.CSS_SELECTOR, ".sort").is_displayed())
        self.open(self.index, 390)
        self.assertFalse(self.driver.find_element(By.CSS_SELECTOR, ".board thead").is_displayed())
        choice = Select(self.driver.find_element(By.CSS_SELECTOR, ".sort select"))
        choice.select_by_visible_text("Accuracy %")
        accuracies = "return [...document.querySelectorAll('.board td.a')].map(c => parseFloat(c.textContent))"
        rising = self.run_script(accuracies)
        self.assertEqual(rising, sorted(rising))
        self.driver.find_element(By.CSS_SELECTOR, ".sort button").click()
        self.assertEqual(self.run_script(accuracies), sorted(rising, reverse=True))
        self.open(self.index, 390, "#" + self.driver.current_url.partition("#")[2])
        self.assertEqual(self.run_script(accuracies), sorted(rising, reverse=True))
        choice = Select(self.driver.find_element(By.CSS_SELECTOR, ".sort select"))
        self.assertEqual(choice.first_selected_option.text, "Accuracy %")

    def test_search_shows_what_is_meant_and_nothing_else(self):
        self.open(self.index)
        box = self.driver.find_element(By.CSS_SELECTOR, "input.filter")
        box.send_keys("Pruned -")
        self.assertTrue(self.names())
        self.assertTrue(all("pruned" in name for name in self.names()))
        self.assertIn("filter=Pruned+-", self.driver.current_url)

    def test_columns_are_chosen_and_remembered(self):
        self.open(self.index, fragment="#columns=ws")
        shown = "return [...arguments].map(css => getComputedStyle(document.querySelector('.board td' + css)).display)"
        self.assertEqual(self.run_script(shown, ".w", ".s", ".k"), ["table-cell", "table-cell", "none"])
        self.driver.find_element(By.CSS_SELECTOR, ".columns input[name=k]").click()
        self.assertEqual(self.run_script(shown, ".k"), ["table-cell"])
        self.assertIn("columns=", self.driver.current_url)

    def test_every_link_and_fragment_leads_somewhere(self):
        for name, path in self.pages.items():
            self.open(path)
            for link in self.run_script("return [...document.querySelectorAll('a[href]')].map(a => "
                                        "new URL(a.getAttribute('href'), location).href)"):
                if not link.startswith("file://"):
                    continue
                file, _, fragment = link[len("file://"):].partition("#")
                target = pathlib.Path(file.replace("%3C", "<"))
                self.assertTrue(target.is_file(), f"{name}: {link}")
                if fragment and "," not in fragment:
                    self.assertIn(f'id="{fragment}"', target.read_text(), f"{name}: {link}")

    def test_the_keyboard_reaches_everything(self):
        self.open(self.index)
        seen = []
        body = self.driver.find_element(By.TAG_NAME, "body")
        body.send_keys(Keys.TAB)
        for _ in range(60):
            element = self.driver.switch_to.active_element
            seen.append(element.get_attribute("class") or element.tag_name)
            if element.tag_name == "button":
                break
            element.send_keys(Keys.TAB)
        self.assertEqual(seen[0], "skip")
        self.assertIn("filter", seen)
        before = self.names()
        self.driver.switch_to.active_element.send_keys(Keys.ENTER)
        self.driver.switch_to.active_element.send_keys(Keys.ENTER)
        self.assertNotEqual(self.names(), before)

    def test_a_point_of_the_chart_tells_its_entry_by_focus(self):
        self.open(self.index)
        self.run_script("document.querySelector('.fill a[aria-label]').focus()")
        tip = self.driver.find_element(By.CSS_SELECTOR, ".tip")
        self.assertTrue(tip.is_displayed())
        self.assertIn("µJ per sample", tip.text)

    def test_names_on_the_chart_never_overlap(self):
        for width in (320, 390, 500, 700, 900, 1280, 1920):
            self.open(self.index, width)
            boxes = self.run_script("return [...document.querySelectorAll('.chart .name')].map(t => t.getBoundingClientRect())"
                                    ".filter(b => b.width).map(b => [b.left, b.top, b.right, b.bottom])")
            self.assertGreater(len(boxes), 2, width)
            for i, a in enumerate(boxes):
                self.assertTrue(0 <= a[0] and a[2] <= width, f"{a} at {width}")
                for b in boxes[:i]:
                    # Boxes hold the line's height; letters are 4 pixels lower and higher.
                    apart = a[2] <= b[0] or b[2] <= a[0] or a[3] - 4 <= b[1] or b[3] - 4 <= a[1]
                    self.assertTrue(apart, f"{a} meets {b} at {width}")

    def test_blocks_are_chosen_in_the_power_chart_without_script(self):
        self.command("Emulation.setScriptExecutionDisabled", {"value": True})
        self.open(self.entry)
        self.driver.find_element(By.CSS_SELECTOR, ".choice input[value='2']").click()
        opacity = [block.value_of_css_property("opacity")
                   for block in self.driver.find_elements(By.CSS_SELECTOR, ".trace .block")]
        self.assertEqual(opacity, ["0.12", "1"])

    def test_without_script_all_is_there(self):
        self.command("Emulation.setScriptExecutionDisabled", {"value": True})
        self.open(self.index)
        self.assertEqual(len(self.driver.find_elements(By.CSS_SELECTOR, "input.filter")), 0)
        self.assertGreater(len(self.driver.find_elements(By.CSS_SELECTOR, ".board tbody tr")), 20)
        self.open(SITE / "compare.html")
        self.assertTrue(self.driver.find_element(By.ID, "neighbours").is_displayed())
        self.assertFalse(self.driver.find_element(By.ID, "compare").is_displayed())

    def test_two_entries_stand_side_by_side(self):
        addresses = ["/".join(path.with_suffix("").parts[-2:]) for path in (self.entry, self.baseline)]
        self.open(SITE / "compare.html", fragment="#" + ",".join(addresses))
        for _ in range(50):
            rows = self.run_script("return [...document.querySelectorAll('#result tr')].map(r => r.textContent)")
            if rows:
                break
            time.sleep(0.1)
        self.assertIn("pruned-1", rows[0])
        self.assertTrue(any(row.startswith("Energy, µJ per sample") for row in rows), rows)

    def test_neighbours_side_by_side_have_what_was_tested(self):
        self.open(SITE / "compare.html")
        self.run_script("document.querySelector(\"#neighbours td a[href^='#']\").click()")
        row = self.run_script("return [...document.querySelector('#neighbours tbody tr').cells].map(c => c.textContent)")
        for _ in range(50):
            words = self.run_script("return document.querySelector('#result .summary')?.textContent")
            if words:
                break
            time.sleep(0.1)
        self.assertTrue(words.startswith(f"{row[0]} – {row[1]} {row[2]}"), words)

    def test_dark_and_print_have_colours_that_can_be_read(self):
        light = "return getComputedStyle(document.body).backgroundColor"
        self.open(self.index)
        self.assertEqual(self.run_script(light), "rgb(255, 255, 255)")
        self.command("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]})
        self.assertEqual(self.run_script(light), "rgb(21, 25, 29)")
        for contrast in ("high contrast", "forced colours"):
            self.command("Emulation.setEmulatedMedia", {"features": CONTRASTS[contrast]})
            self.assertLessEqual(self.run_script("return document.documentElement.scrollWidth"), 1280)
        self.command("Emulation.setEmulatedMedia", {"media": "print"})
        self.assertFalse(self.driver.find_element(By.CSS_SELECTOR, "input.filter").is_displayed())

    def test_hostile_text_stays_text(self):
        hostile = [path for path in SITE.glob("entries/*/*.html") if "script" in path.name]
        self.assertTrue(hostile)
        for path in [self.index, SITE / "compare.html", *hostile]:
            self.open(path, 320)
            self.assertFalse(self.run_script("return Boolean(window.hurt)"), path)
            self.assertEqual(self.run_script("return document.querySelectorAll('b.hurt, img:not([src$=\".badge.svg\"])').length"), 0, path)
            self.assertLessEqual(self.run_script("return document.documentElement.scrollWidth"), 320, path)

    def test_the_first_page_of_200_entries_is_light_and_does_not_move(self):
        """Times are printed alone: they are the machine's."""
        page = COMMON / "index.html"
        self.assertLessEqual(bytes_of(page), 200_000)
        self.assertLess((COMMON / "board.js").stat().st_size, 15_000)
        script = self.command("Page.addScriptToEvaluateOnNewDocument", {"source": OBSERVE})
        self.addCleanup(self.command, "Page.removeScriptToEvaluateOnNewDocument", script)
        for width in (390, 1280):
            seen = []
            for _ in range(3):
                self.open(page, width)
                time.sleep(0.3)
                seen.append(self.run_script(OBSERVED))
                # A table that is painted while it is still read may widen columns at the page's lower end.
                self.assertLess(seen[-1][2], 0.01, f"layout shift at {width}")
            paint, ready = (min(one[i] for one in seen) for i in (0, 1))
            print(f"first page of 200 entries at {width}: {bytes_of(page):,} bytes, first paint {paint:.0f} ms, scripts "
                  f"done {ready:.0f} ms, layout shift {max(one[2] for one in seen):.4f}", flush=True)

    def test_from_a_web_server(self):
        handler = lambda *a: http.server.SimpleHTTPRequestHandler(*a, directory=str(SITE))  # noqa: E731
        http.server.SimpleHTTPRequestHandler.log_message = lambda *a: None
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.driver.get(f"http://127.0.0.1:{server.server_port}/index.html")
        self.assertTrue(self.names())
        self.driver.find_element(By.CSS_SELECTOR, ".board tbody th a").click()
        self.assertIn("/entries/", self.driver.current_url)

    def test_axe_finds_no_violation(self):
        script = axe_script()
        if script is None:
            self.skipTest("axe-core cannot be had from npm's registry here")
        violations = []
        for name, path in self.pages.items():
            self.open(path)
            self.command("Runtime.evaluate", {"expression": script})
            for contrast, features in CONTRASTS.items():
                self.command("Emulation.setEmulatedMedia", {"features": features})
                # Only colours differ from the page in light.
                rules = {} if contrast == "light" else {"runOnly": ["color-contrast"]}
                found = self.driver.execute_async_script(
                    "const done = arguments[1]; axe.run({preload: false, ...arguments[0]}).then(r => done(r.violations.map(v => "
                    "v.id + ': ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160)).join(' | '))))", rules)
                violations += [f"{name}, {contrast}: {one}" for one in found]
        self.assertEqual(violations, [])


if __name__ == "__main__":
    if webdriver is None or CHROMIUM is None or DRIVER is None:
        print("skipped: chromium, chromium-driver or python3-selenium is missing")
        sys.exit(77)
    programs = [str(pathlib.Path(one).resolve()) for one in sys.argv[1:3]]
    with tempfile.TemporaryDirectory(prefix="joulebench-pages-") as name:
        FOLDER = pathlib.Path(name)
        SITE = make_site(programs, 60, "hostile")
        TRACKS = make_site(programs, 14, "tracks")
        LARGE = make_site(programs, 640, "large")
        COMMON = make_site(programs, 200, "common")
        result = unittest.main(argv=[sys.argv[0], *sys.argv[3:]], exit=False, verbosity=1).result
    sys.exit(0 if result.wasSuccessful() else 1)
