"""Any relay that speaks SMTP."""
