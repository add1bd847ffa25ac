"""The person: what they tell of themselves, their animals, pictures, addresses, household and days of honor."""
