"""Tables: from a plan and the store to what is printed."""

from bench.tables.classification import classification_table as classification_table
from bench.tables.leaderboard import leaderboard as leaderboard
from bench.tables.quality import quality_table as quality_table
from bench.tables.render import FORMATS as FORMATS
from bench.tables.render import render as render
from bench.tables.report import Report as Report
