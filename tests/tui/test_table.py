"""The table that lists plans and episodes."""

from __future__ import annotations

from textual.app import App
from watching import text_of as painted
from watching import until

from replplan_tui.table import Table


class OfOne(App):
    def compose(self):
        yield Table()


async def test_a_cell_painted_before_its_column_grew_is_painted_whole():
    app = OfOne()
    async with app.run_test() as pilot:
        table = app.query_one(Table)
        table.add_columns("result", "turns")
        table.add_row("to come", "")
        await until(pilot, lambda: "to come" in painted(app))
        table.clear()
        table.add_row("no: world_ended", "5")
        assert "no: world_ended" not in painted(app)  # the columns grow when the table is idle
        await until(pilot, lambda: "no: world_ended" in painted(app))
