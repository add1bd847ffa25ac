"""Where the pages of pets, pictures, interests, addresses and the household are; part of ``members.web.urls``."""

from django.urls import path

from members.web import addresses, animals, caring, household, picturing

PATHS = [
    path("me/pictures/<uuid:ref>/<str:size>.webp", picturing.picture, name="picture"),
    path("me/avatar/", picturing.avatar, name="avatar"),
    path("me/interests/", caring.choose, name="interests"),
    path("me/pets/", animals.listing, name="pets"),
    path("me/pets/none/", animals.no_pet, name="pets-none"),
    path("me/pets/add/", animals.add, name="pet-add"),
    path("me/pets/<int:ref>/", animals.show, name="pet"),
    path("me/pets/<int:ref>/edit/", animals.edit, name="pet-edit"),
    path("me/pets/<int:ref>/photo/", animals.photo, name="pet-photo"),
    path("me/pets/<int:ref>/weight/", animals.weigh, name="pet-weight"),
    path("me/pets/<int:ref>/farewell/", animals.farewell, name="pet-farewell"),
    path("me/pets/<int:ref>/remove/", animals.remove, name="pet-remove"),
    path("me/addresses/", addresses.listing, name="addresses"),
    path("me/addresses/add/", addresses.add, name="address-add"),
    path("me/addresses/<int:ref>/", addresses.edit, name="address-edit"),
    path("me/addresses/<int:ref>/usual/", addresses.make_usual, name="address-usual"),
    path("me/addresses/<int:ref>/remove/", addresses.remove, name="address-remove"),
    path("me/household/", household.show, name="household"),
    path("me/household/open/", household.open_household, name="household-open"),
    path("me/household/join/", household.take, name="household-take"),
    path("me/household/invite/", household.invite, name="household-invite"),
    path("me/household/invite/<int:ref>/withdraw/", household.withdraw, name="household-withdraw"),
    path("me/household/percent/", household.set_percent, name="household-percent"),
    path("me/household/put-in/", household.contribute, name="household-contribute"),
    path("me/household/leave/", household.leave, name="household-leave"),
]
