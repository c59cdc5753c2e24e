"""What runs found out: tables, pictures, one page, and two runs compared in pairs."""
